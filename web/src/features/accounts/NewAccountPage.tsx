import { showFieldErrors, nameRule, useSchemaForm } from "@/components/form";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Page } from "@/components/ui/Page";
import { z } from "@/lib/zod";
import { accounts as t } from "@/messages";
import { useCreateAccount } from "./queries";

const schema = z.object({ name: nameRule });

export default function NewAccountPage({ onCreated }: { onCreated: (accountId: string) => void }) {
  const form = useSchemaForm(schema, { name: "" });
  const create = useCreateAccount();
  const send = form.handleSubmit((values) => {
    create.mutate(values, {
      onSuccess: (account) => {
        toast(t.created(account.name));
        onCreated(account.accountId);
      },
      onError: (error) => showFieldErrors(form, error),
    });
  });
  const said = create.error && !form.formState.errors.name ? create.error : null;
  return (
    <Page title={t.create.title} lead={t.create.first}>
      <form noValidate onSubmit={(event) => void send(event)} className="panel grid max-w-md gap-4 p-6">
        <Field label={t.create.name} hint={t.create.hint} error={form.formState.errors.name?.message}>
          <Input autoComplete="off" spellCheck={false} {...form.register("name")} />
        </Field>
        {said && <ErrorNotice error={said} />}
        <div>
          <Button type="submit" look="first" busy={create.isPending}>
            {t.create.submit}
          </Button>
        </div>
      </form>
    </Page>
  );
}
