import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, type DefaultValues, type FieldValues, type Path, type UseFormReturn } from "react-hook-form";
import { asApiError } from "@/api/errors";
import { common } from "@/messages";
import { z } from "@/lib/zod";

/** The rule of names (controlplane/core/names.py), checked here only to spare a round trip. */
export const nameRule = z.string().trim().regex(/^[a-z0-9](-?[a-z0-9])*$/, common.nameRule).max(39, common.nameRule);

/** A form whose values `schema` checks: each field when it is left, all of them before sending. */
export function useSchemaForm<Values extends FieldValues>(schema: z.ZodType<Values, Values>, first: DefaultValues<Values>) {
  return useForm<Values>({ resolver: zodResolver(schema), defaultValues: first, mode: "onTouched" });
}

/**
 * What the API says about single fields goes beside them; `nameOf` is the form's name for a field of the request. True
 * when that was all, so no notice is needed.
 */
export function showFieldErrors<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  error: Error,
  nameOf: (field: string) => string = (field) => field,
): boolean {
  const said = asApiError(error).fields.map(({ field, message }) => ({ field: nameOf(field), message }));
  const known = said.filter(({ field }) => field in form.getValues());
  known.forEach(({ field, message }, index) => {
    form.setError(field as Path<Values>, { message }, { shouldFocus: index === 0 });
  });
  return known.length > 0;
}
