import type { Environment } from "@/api/types";
import { showFieldErrors, useSchemaForm } from "@/components/form";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Dialog, DialogActions } from "@/components/ui/Dialog";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input, Select, TextArea } from "@/components/ui/Input";
import { common, workloads } from "@/messages";
import { asRequest, fieldOf, FIRST, PRESETS, PROVIDERS, ROLES, schema } from "./newRule";
import { useCreateRule } from "./queries";

const t = workloads.create;
type Props = { environment: Environment; open: boolean; onClose: () => void };

export function CreateRule({ environment, open, onClose }: Props) {
  return (
    <Dialog title={t.title} open={open} onClose={onClose} wide>
      <NewRule environment={environment} onClose={onClose} />
    </Dialog>
  );
}

function NewRule({ environment, onClose }: Omit<Props, "open">) {
  const form = useSchemaForm(schema, FIRST);
  const create = useCreateRule(environment);
  const provider = form.watch("provider");
  const { errors } = form.formState;
  const send = form.handleSubmit((values) => {
    create.mutate(asRequest(values), {
      onSuccess: ({ name }) => {
        toast(t.done(name));
        onClose();
      },
      onError: (error) => showFieldErrors(form, error, fieldOf),
    });
  });
  const said = create.error && Object.keys(errors).length === 0 ? create.error : null;
  return (
    <form noValidate onSubmit={(event) => void send(event)} className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t.name} hint={common.nameRule} error={errors.name?.message}>
          <Input autoComplete="off" spellCheck={false} {...form.register("name")} />
        </Field>
        <Field label={t.provider} error={errors.provider?.message}>
          <Select className="w-full" {...form.register("provider")}>
            {PROVIDERS.map((name) => (
              <option key={name} value={name}>
                {workloads.providers[name]}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <Field label={t.conditions} hint={t.conditionsHint} error={errors.conditions?.message}>
        <TextArea rows={4} spellCheck={false} className="font-mono" placeholder={PRESETS[provider]} {...form.register("conditions")} />
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t.role} error={errors.role?.message}>
          <Select className="w-full" {...form.register("role")}>
            {ROLES.map((name) => (
              <option key={name} value={name}>
                {workloads.roles[name]}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t.minutes} hint={t.minutesHint} error={errors.minutes?.message}>
          <Input inputMode="numeric" autoComplete="off" {...form.register("minutes")} />
        </Field>
        <Field label={t.issuer} hint={provider === "oidc" ? t.issuerHint : t.ownInstance} error={errors.issuer?.message} optional={provider !== "oidc"}>
          <Input type="url" autoComplete="off" spellCheck={false} placeholder="https://…" {...form.register("issuer")} />
        </Field>
        <Field label={t.audience} hint={t.audienceHint} error={errors.audience?.message} optional>
          <Input autoComplete="off" spellCheck={false} {...form.register("audience")} />
        </Field>
      </div>
      {said && <ErrorNotice error={said} />}
      <DialogActions>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="first" busy={create.isPending}>
          {t.submit}
        </Button>
      </DialogActions>
    </form>
  );
}
