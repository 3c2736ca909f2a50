import { may } from "@/api/session";
import { nameRule, showFieldErrors, useSchemaForm } from "@/components/form";
import { PermittedButton } from "@/components/Permitted";
import type { AccountPage } from "@/components/section";
import { toast } from "@/components/toast";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Panel } from "@/components/ui/Page";
import { z } from "@/lib/zod";
import { accountSettings } from "@/messages";
import { useChangeAccount } from "./settings";

const t = accountSettings.rename;
const schema = z.object({ name: nameRule });

export function Rename({ account }: AccountPage) {
  const form = useSchemaForm(schema, { name: account.name });
  const change = useChangeAccount(account.accountId);
  const wrong = form.formState.errors.name?.message;
  const send = form.handleSubmit((values) => {
    change.mutate(values, { onSuccess: ({ name }) => { form.reset({ name }); toast(t.done(name)); }, onError: (error) => showFieldErrors(form, error) });
  });
  return (
    <Panel title={t.title} lead={t.lead}>
      <form noValidate onSubmit={(event) => void send(event)} className="grid max-w-md gap-4">
        <Field label={t.name} hint={t.hint} error={wrong}>
          <Input autoComplete="off" spellCheck={false} disabled={!may(account, "account:update")} {...form.register("name")} />
        </Field>
        {change.error && !wrong && <ErrorNotice error={change.error} />}
        <div>
          <PermittedButton account={account} permission="account:update" type="submit" busy={change.isPending} disabled={!form.formState.isDirty}>
            {t.submit}
          </PermittedButton>
        </div>
      </form>
    </Panel>
  );
}
