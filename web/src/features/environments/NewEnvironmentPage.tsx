import { nameRule, showFieldErrors, useSchemaForm } from "@/components/form";
import type { AccountPage } from "@/components/section";
import { Button } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Page } from "@/components/ui/Page";
import { z } from "@/lib/zod";
import { environments as t } from "@/messages";
import { useCreateEnvironment } from "./queries";

const schema = z.object({ name: nameRule });
type Created = { environmentId: string; operationId: string };

export default function NewEnvironmentPage({ account, onCreated }: AccountPage & { onCreated: (created: Created) => void }) {
  const form = useSchemaForm(schema, { name: "dev" });
  const create = useCreateEnvironment(account.accountId);
  const send = form.handleSubmit((values) => {
    create.mutate(values, {
      onSuccess: ({ environmentId, operationId }) => { onCreated({ environmentId, operationId }); },
      onError: (error) => showFieldErrors(form, error),
    });
  });
  const said = create.error && !form.formState.errors.name ? create.error : null;
  return (
    <Page title={t.create.title} lead={t.create.lead}>
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
