import type { Membership } from "@/api/types";
import { showFieldErrors, useSchemaForm } from "@/components/form";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Choice, Choices } from "@/components/ui/Choices";
import { Dialog, DialogActions } from "@/components/ui/Dialog";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { z } from "@/lib/zod";
import { common, members as t } from "@/messages";
import { ROLES, useInvite } from "./queries";

const schema = z.object({
  email: z.string().trim().regex(/^[^@\s]+@[^@\s]+$/, t.invite.emailRule),
  role: z.enum(["owner", "admin", "developer", "viewer"]),
});
type Props = { account: Membership; open: boolean; onClose: () => void };

export function InviteDialog(props: Props) {
  return (
    <Dialog title={t.invite.title} open={props.open} onClose={props.onClose}>
      <InviteForm {...props} />
    </Dialog>
  );
}

function InviteForm({ account, onClose }: Props) {
  const form = useSchemaForm<z.infer<typeof schema>>(schema, { email: "", role: "developer" });
  const invite = useInvite(account.accountId);
  const given = ROLES.filter((role) => role !== "owner" || account.role === "owner");
  const send = form.handleSubmit((values) => {
    invite.mutate(values, {
      onSuccess: () => { toast(t.invite.sent(values.email)); onClose(); },
      onError: (error) => showFieldErrors(form, error),
    });
  });
  const said = invite.error && !form.formState.errors.email ? invite.error : null;
  return (
    <form noValidate className="grid gap-4" onSubmit={(event) => void send(event)}>
      <p className="text-pretty text-soft">{t.invite.lead}</p>
      <Field label={t.invite.email} error={form.formState.errors.email?.message}>
        <Input type="email" autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.register("email")} />
      </Field>
      <Choices legend={t.invite.role} className="grid gap-2">
        {given.map((role) => (
          <Choice key={role} type="radio" value={role} label={role} text={t.meaning[role]} {...form.register("role")} />
        ))}
      </Choices>
      {said && <ErrorNotice error={said} />}
      <DialogActions>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="first" busy={invite.isPending}>{t.invite.submit}</Button>
      </DialogActions>
    </form>
  );
}
