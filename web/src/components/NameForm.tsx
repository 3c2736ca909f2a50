import type { ReactNode } from "react";
import { nameRule, showFieldErrors, useSchemaForm } from "./form";
import { Button } from "./ui/Button";
import { ErrorNotice } from "./ui/ErrorNotice";
import { Field } from "./ui/Field";
import { Input } from "./ui/Input";
import { z } from "@/lib/zod";

const schema = z.object({ name: nameRule });
type Values = z.infer<typeof schema>;
type Props<Made> = {
  words: { name: string; hint: string; submit: string };
  first: string;
  create: {
    mutate: (values: Values, then: { onSuccess: (made: Made) => void; onError: (error: Error) => void }) => void;
    error: Error | null;
    isPending: boolean;
  };
  onCreated: (made: Made) => void;
  /** Further fields, whose values `create` knows. */
  children?: ReactNode;
};

/** Makes something that has a name. What is wrong with the name stands beside it, anything else below. */
export function NameForm<Made>({ words, first, create, onCreated, children }: Props<Made>) {
  const form = useSchemaForm(schema, { name: first });
  const send = form.handleSubmit((values) => {
    create.mutate(values, { onSuccess: onCreated, onError: (error) => showFieldErrors(form, error) });
  });
  const wrong = form.formState.errors.name?.message;
  return (
    <form noValidate onSubmit={(event) => void send(event)} className="panel grid max-w-md gap-4 p-6">
      <Field label={words.name} hint={words.hint} error={wrong}>
        <Input autoComplete="off" spellCheck={false} {...form.register("name")} />
      </Field>
      {children}
      {create.error && !wrong && <ErrorNotice error={create.error} />}
      <div>
        <Button type="submit" look="first" busy={create.isPending}>
          {words.submit}
        </Button>
      </div>
    </form>
  );
}
