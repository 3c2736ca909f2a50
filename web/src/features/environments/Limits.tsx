import type { LimitsChange, LimitsDocument, LimitsView } from "@/api/types";
import { may } from "@/api/session";
import { showFieldErrors, useSchemaForm } from "@/components/form";
import { PermittedButton } from "@/components/Permitted";
import type { EnvironmentPage } from "@/components/section";
import { toast } from "@/components/toast";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { bytes, count } from "@/lib/numbers";
import { z } from "@/lib/zod";
import { environments } from "@/messages";
import { useChangeLimits, useLimits } from "./changes";

const t = environments.settings.limits;
const NAMES = ["requestsPerSecond", "requestsInFlight", "requestSizeLimitBytes", "querySeconds"] as const;
type Name = (typeof NAMES)[number];
const rule = z.string().trim().regex(/^([1-9]\d*)?$/, t.digits);
const schema = z.object({ requestsPerSecond: rule, requestsInFlight: rule, requestSizeLimitBytes: rule, querySeconds: rule });
type Values = Record<Name, string>;

export function Limits(props: EnvironmentPage) {
  const { data, error, refetch } = useLimits(props.environment);
  return (
    <Panel title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-52 rounded-lg max-sm:h-121" />}
      {data && <LimitsForm {...props} known={data} />}
    </Panel>
  );
}

function LimitsForm({ account, environment, known }: EnvironmentPage & { known: LimitsView }) {
  const form = useSchemaForm<Values>(schema, typed(known));
  const change = useChangeLimits(environment);
  const errors = form.formState.errors;
  const send = form.handleSubmit((values) => {
    change.mutate(differing(values, known), {
      onSuccess: (after) => { form.reset(typed(after)); toast(t.saved); },
      onError: (error) => showFieldErrors(form, error),
    });
  });
  const said = change.error && !NAMES.some((name) => errors[name]) ? change.error : null;
  return (
    <form noValidate onSubmit={(event) => void send(event)} className="grid gap-5">
      <div className="grid gap-5 sm:grid-cols-2">
        {NAMES.map((name) => (
          <Field key={name} label={t[name]} hint={hint(name, known.ceilings)} error={errors[name]?.message}>
            <Input inputMode="numeric" autoComplete="off" disabled={!may(account, "environment:update")} placeholder={ceiling(name, known.ceilings)} {...form.register(name)} />
          </Field>
        ))}
      </div>
      {said && <ErrorNotice error={said} />}
      <div>
        <PermittedButton account={account} permission="environment:update" type="submit" look="first" busy={change.isPending} disabled={!form.formState.isDirty}>
          {t.submit}
        </PermittedButton>
      </div>
    </form>
  );
}

/** Empty where the operator's ceiling holds. */
function typed({ limits, ceilings }: LimitsView): Values {
  const shown = (name: Name) => (limits[name] === ceilings[name] ? "" : String(limits[name]));
  return {
    requestsPerSecond: shown("requestsPerSecond"),
    requestsInFlight: shown("requestsInFlight"),
    requestSizeLimitBytes: shown("requestSizeLimitBytes"),
    querySeconds: shown("querySeconds"),
  };
}

function differing(values: Values, known: LimitsView): LimitsChange {
  const before = typed(known);
  const changed = NAMES.filter((name) => values[name] !== before[name]);
  return Object.fromEntries(changed.map((name) => [name, values[name] === "" ? null : Number(values[name])]));
}

function ceiling(name: Name, ceilings: LimitsDocument): string {
  return ceilings[name] ? count(ceilings[name]) : "";
}

function hint(name: Name, ceilings: LimitsDocument): string {
  const value = ceilings[name];
  if (!value) return t.noCeiling;
  if (name !== "requestSizeLimitBytes") return t.ceiling(count(value));
  return `${t.ceiling(`${count(value)} (${bytes(value)})`)} ${t.restart}`;
}
