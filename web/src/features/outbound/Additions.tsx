import { usePersonName } from "@/api/people";
import type { OutboundPolicyView } from "@/api/types";
import { LookOnly, PermittedButton } from "@/components/Permitted";
import { showFieldErrors, useSchemaForm } from "@/components/form";
import type { EnvironmentPage } from "@/components/section";
import { toast } from "@/components/toast";
import { may } from "@/api/session";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { TextArea } from "@/components/ui/Input";
import { Panel } from "@/components/ui/Page";
import { Time } from "@/components/ui/Time";
import { z } from "@/lib/zod";
import { outbound } from "@/messages";
import { useSaveOutboundPolicy } from "./queries";

const t = outbound.own;
const schema = z.object({ networks: z.string(), hosts: z.string() });

function entries(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** `networks.0` of the request is about the field `networks`. */
function fieldOf(field: string): string {
  return field.split(".")[0] ?? field;
}

export function Additions({ account, environment, policy }: EnvironmentPage & { policy: OutboundPolicyView }) {
  const form = useSchemaForm(schema, { networks: policy.networks.join("\n"), hosts: policy.hosts.join("\n") });
  const save = useSaveOutboundPolicy(environment);
  const person = usePersonName(account);
  const readOnly = !may(account, "outbound:manage");
  const { errors } = form.formState;
  const send = form.handleSubmit(({ networks, hosts }) => {
    save.mutate(
      { networks: entries(networks), hosts: entries(hosts) },
      {
        onSuccess: (saved) => {
          form.reset({ networks: saved.networks.join("\n"), hosts: saved.hosts.join("\n") });
          toast(t.saved);
        },
        onError: (error) => showFieldErrors(form, error, fieldOf),
      },
    );
  });
  const said = save.error && Object.keys(errors).length === 0 ? save.error : null;
  return (
    <Panel title={t.title}>
      <LookOnly account={account} permission="outbound:manage" />
      <form noValidate onSubmit={(event) => void send(event)} className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t.networks} hint={t.networksHint} error={errors.networks?.message}>
            <TextArea rows={5} spellCheck={false} className="font-mono" readOnly={readOnly} {...form.register("networks")} />
          </Field>
          <Field label={t.hosts} hint={t.hostsHint} error={errors.hosts?.message}>
            <TextArea rows={5} spellCheck={false} className="font-mono" readOnly={readOnly} {...form.register("hosts")} />
          </Field>
        </div>
        {said && <ErrorNotice error={said} />}
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <PermittedButton account={account} permission="outbound:manage" type="submit" look="first" busy={save.isPending}>
            {t.submit}
          </PermittedButton>
          {policy.updatedAt && (
            <span className="text-sm text-soft">
              {t.changed} <Time at={policy.updatedAt} /> {policy.updatedBy && t.by(person(policy.updatedBy))}
            </span>
          )}
        </div>
      </form>
    </Panel>
  );
}
