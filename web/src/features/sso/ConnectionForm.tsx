import { useWatch, type UseFormReturn } from "react-hook-form";
import type { ConnectionView } from "@/api/types";
import { showFieldErrors, useSchemaForm } from "@/components/form";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Choice } from "@/components/ui/Choices";
import { DialogActions } from "@/components/ui/Dialog";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input, Select } from "@/components/ui/Input";
import { z } from "@/lib/zod";
import { sso } from "@/messages";
import { useChangeConnection, useConnect } from "./queries";

const t = sso.form;
const needed = z.string().trim().min(1, t.required);
const schema = z.object({
  kind: z.enum(["oidc", "google", "github", "workos"]),
  name: needed,
  issuer: z.string().trim(),
  clientId: needed,
  clientSecret: z.string(),
  hostedDomain: z.string().trim(),
  assumeEmailVerified: z.boolean(),
});
type Values = z.infer<typeof schema>;
const EMPTY: Values = { kind: "oidc", name: "", issuer: "", clientId: "", clientSecret: "", hostedDomain: "", assumeEmailVerified: false };

export function ConnectForm({ accountId, onDone }: { accountId: string | null; onDone: () => void }) {
  const form = useSchemaForm(schema, EMPTY);
  const connect = useConnect(accountId);
  const send = form.handleSubmit(({ issuer, clientSecret, hostedDomain, ...rest }) => {
    connect.mutate(
      { ...rest, ...(issuer && { issuer }), ...(clientSecret && { clientSecret }), ...(hostedDomain && { hostedDomain }) },
      { onSuccess: ({ name }) => { toast(sso.connections.added(name)); onDone(); }, onError: (error) => showFieldErrors(form, error) },
    );
  });
  const kind = useWatch({ control: form.control, name: "kind" });
  return (
    <form noValidate className="grid gap-4" onSubmit={(event) => void send(event)}>
      <Field label={t.kind}>
        <Select {...form.register("kind")}>
          {Object.entries(t.kinds).map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        </Select>
      </Field>
      <Common form={form} kind={kind} secretHint={t.secretHint} />
      {connect.error && Object.keys(form.formState.errors).length === 0 && <ErrorNotice error={connect.error} />}
      <DialogActions>
        <Button type="submit" look="first" busy={connect.isPending}>{t.submit}</Button>
      </DialogActions>
    </form>
  );
}

type Editing = { accountId: string | null; connection: ConnectionView; onDone: () => void };

export function EditForm({ accountId, connection, onDone }: Editing) {
  const { kind, name, issuer, clientId, hostedDomain, assumeEmailVerified } = connection;
  const form = useSchemaForm(schema, { kind, name, issuer, clientId, clientSecret: "", hostedDomain: hostedDomain ?? "", assumeEmailVerified });
  const change = useChangeConnection(accountId);
  const send = form.handleSubmit((values) => {
    const { clientSecret } = values;
    const wanted = { name: values.name, clientId: values.clientId, assumeEmailVerified: values.assumeEmailVerified, hostedDomain: values.hostedDomain || null };
    change.mutate(
      { connection, change: { ...wanted, ...(clientSecret && { clientSecret }) } },
      { onSuccess: () => { toast(sso.connections.changed(values.name)); onDone(); }, onError: (error) => showFieldErrors(form, error) },
    );
  });
  return (
    <form noValidate className="grid gap-4" onSubmit={(event) => void send(event)}>
      <Common form={form} kind={kind} secretHint={t.secretStays} issuerStays />
      {change.error && Object.keys(form.formState.errors).length === 0 && <ErrorNotice error={change.error} />}
      <DialogActions>
        <Button type="submit" look="first" busy={change.isPending}>{t.save}</Button>
      </DialogActions>
    </form>
  );
}

type CommonProps = { form: UseFormReturn<Values>; kind: Values["kind"]; secretHint: string; issuerStays?: boolean };

function Common({ form, kind, secretHint, issuerStays = false }: CommonProps) {
  const { errors } = form.formState;
  return (
    <>
      <Field label={t.name} hint={t.nameHint} error={errors.name?.message}>
        <Input autoComplete="off" {...form.register("name")} />
      </Field>
      {kind !== "google" && (
        <Field label={t.issuer} hint={issuerStays ? t.issuerStays : t.issuerHint} error={errors.issuer?.message} optional={kind !== "oidc"}>
          <Input type="url" inputMode="url" autoComplete="off" spellCheck={false} readOnly={issuerStays} {...form.register("issuer")} />
        </Field>
      )}
      <Field label={t.clientId} error={errors.clientId?.message}>
        <Input autoComplete="off" spellCheck={false} {...form.register("clientId")} />
      </Field>
      <Field label={t.clientSecret} hint={secretHint} error={errors.clientSecret?.message}>
        <Input type="password" autoComplete="new-password" {...form.register("clientSecret")} />
      </Field>
      {kind === "google" && (
        <Field label={t.hostedDomain} hint={t.hostedDomainHint} error={errors.hostedDomain?.message} optional>
          <Input autoComplete="off" spellCheck={false} {...form.register("hostedDomain")} />
        </Field>
      )}
      {kind === "oidc" && <Choice type="checkbox" label={t.assume} text={t.assumeText} {...form.register("assumeEmailVerified")} />}
    </>
  );
}
