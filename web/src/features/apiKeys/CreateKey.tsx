import { useState } from "react";
import { ChevronRight } from "lucide-react";
import type { CreatedApiKey, Environment } from "@/api/types";
import { showFieldErrors, useSchemaForm } from "@/components/form";
import { Button } from "@/components/ui/Button";
import { Choice, Choices } from "@/components/ui/Choices";
import { Dialog, DialogActions } from "@/components/ui/Dialog";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input, Select } from "@/components/ui/Input";
import { zone } from "@/lib/time";
import { apiKeys, common } from "@/messages";
import { CreatedKey } from "./CreatedKey";
import { asRequest, EXPIRIES, fieldOf, FIRST, ROLES, schema } from "./newKey";
import { useCreateApiKey } from "./queries";
import { RestrictionFields } from "./RestrictionFields";

const t = apiKeys.create;
type Props = { environment: Environment; open: boolean; onClose: () => void };

/** Asks what the key shall be, then shows it once; closing the dialog forgets it. */
export function CreateKey({ environment, open, onClose }: Props) {
  const [created, setCreated] = useState<CreatedApiKey | null>(null);
  const close = () => {
    setCreated(null);
    onClose();
  };
  return (
    <Dialog title={created ? apiKeys.created.title : t.title} open={open} onClose={close} wide>
      {created ? <CreatedKey created={created} environment={environment} onDone={close} /> : <NewKey environment={environment} onCreated={setCreated} onClose={close} />}
    </Dialog>
  );
}

function NewKey({ environment, onCreated, onClose }: { environment: Environment; onCreated: (key: CreatedApiKey) => void; onClose: () => void }) {
  const form = useSchemaForm(schema, FIRST);
  const create = useCreateApiKey(environment);
  const [role, expiry] = form.watch(["role", "expiry"]);
  const { errors } = form.formState;
  const send = form.handleSubmit((values) => {
    create.mutate(asRequest(values), { onSuccess: onCreated, onError: (error) => showFieldErrors(form, error, fieldOf) });
  });
  const said = create.error && Object.keys(errors).length === 0 ? create.error : null;
  return (
    <form noValidate onSubmit={(event) => void send(event)} className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <Field label={t.description} hint={t.descriptionHint} error={errors.description?.message}>
        <Input autoComplete="off" {...form.register("description")} />
      </Field>
      <Choices legend={t.role} error={errors.role?.message}>
        {ROLES.map((name) => (
          <Choice key={name} type="radio" value={name} label={apiKeys.roles[name].label} text={apiKeys.roles[name].text} {...form.register("role")} />
        ))}
      </Choices>
      <div className="flex flex-wrap gap-4">
        <Field label={t.expiry}>
          <Select {...form.register("expiry")}>
            {EXPIRIES.map((name) => (
              <option key={name} value={name}>
                {t.presets[name]}
              </option>
            ))}
          </Select>
        </Field>
        {expiry === "custom" && (
          <Field label={t.expiresAt} hint={t.expiresAtHint(zone())} error={errors.expiresAt?.message}>
            <Input type="datetime-local" {...form.register("expiresAt")} />
          </Field>
        )}
      </div>
      <details className="group border-t border-line pt-3">
        <summary className="flex items-center gap-2 rounded-md font-medium">
          <ChevronRight size={16} aria-hidden className="text-soft transition-transform group-open:rotate-90" /> {t.restrictions}
        </summary>
        <RestrictionFields form={form} role={role} />
      </details>
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
