import type { UseFormReturn } from "react-hook-form";
import { Choice, Choices } from "@/components/ui/Choices";
import { Field } from "@/components/ui/Field";
import { Input, TextArea } from "@/components/ui/Input";
import { apiKeys } from "@/messages";
import { LISTS, METHODS, type Values } from "./newKey";

const t = apiKeys.create;

/** What of its role the key may not use. Of a key for awakeables little can be taken away, so little is asked. */
export function RestrictionFields({ form, role }: { form: UseFormReturn<Values>; role: Values["role"] }) {
  const { errors } = form.formState;
  const awakeable = role === "complete_awakeable";
  const lists = awakeable ? (["networks"] as const) : LISTS;
  return (
    <div className="grid gap-4 pt-3">
      <p className="text-sm text-pretty text-soft">{t.restrictionsLead}</p>
      <div className="grid gap-4 sm:grid-cols-2">
        {lists.map((name) => (
          <Field key={name} label={t[name]} hint={`${t[`${name}Hint`]} ${t.perLine}`} error={errors[name]?.message} optional>
            <TextArea rows={2} spellCheck={false} className="font-mono" {...form.register(name)} />
          </Field>
        ))}
        <Field label={t.rate} hint={t.rateHint} error={errors.requestsPerSecond?.message} optional>
          <Input inputMode="numeric" autoComplete="off" {...form.register("requestsPerSecond")} />
        </Field>
      </div>
      <Choices legend={t.methods} hint={t.methodsHint} error={errors.methods?.message} className="flex flex-wrap gap-2">
        {METHODS.map((method) => (
          <Choice key={method} type="checkbox" label={method} value={method} {...form.register("methods")} />
        ))}
      </Choices>
      {!awakeable && <Choice type="checkbox" label={t.readOnly} {...form.register("readOnly")} />}
    </div>
  );
}
