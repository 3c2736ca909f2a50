import { useState } from "react";
import type { DomainChange, DomainView, JoinMode, JoinRole } from "@/api/types";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Choice } from "@/components/ui/Choices";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Input";
import { sso } from "@/messages";
import { useChangeDomain, useConnections } from "./queries";

const t = sso.domains;
const ROLES: JoinRole[] = ["developer", "viewer"];
type Props = { accountId: string; domain: DomainView; manages: boolean };

/** Who of a verified domain joins, as what, and through which connection they sign in. */
export function DomainRules({ accountId, domain, manages }: Props) {
  const connections = useConnections(accountId).items ?? [];
  const change = useChangeDomain(accountId);
  const [rules, setRules] = useState<DomainChange>({
    joinMode: domain.joinMode,
    joinRole: domain.joinRole,
    ssoConnectionId: domain.ssoConnectionId,
    ssoRequired: domain.ssoRequired,
  });
  const set = (some: Partial<DomainChange>) => { setRules({ ...rules, ...some }); };
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({ domain: domain.domain, change: rules }, { onSuccess: () => { toast(t.saved(domain.domain)); } });
      }}
    >
      <fieldset disabled={!manages} className="grid min-w-0 gap-3">
        <div className="grid gap-4 sm:flex sm:flex-wrap">
          <Field label={t.joinMode(domain.domain)}>
            <Select className="max-sm:w-full" value={rules.joinMode} onChange={(event) => { set({ joinMode: event.target.value as JoinMode }); }}>
              {Object.entries(t.modes).map(([value, label]) => <option key={value} value={value}>{label}</option>)}
            </Select>
          </Field>
          <Field label={t.joinRole}>
            <Select className="max-sm:w-full" value={rules.joinRole} onChange={(event) => { set({ joinRole: event.target.value as JoinRole }); }}>
              {ROLES.map((role) => <option key={role} value={role}>{role}</option>)}
            </Select>
          </Field>
          <Field label={t.connection}>
            <Select className="max-sm:w-full" value={rules.ssoConnectionId ?? ""} onChange={(event) => { set({ ssoConnectionId: event.target.value || null, ...(!event.target.value && { ssoRequired: false }) }); }}>
              <option value="">{t.anyWay}</option>
              {connections.map((one) => <option key={one.connectionId} value={one.connectionId}>{one.name}</option>)}
            </Select>
          </Field>
        </div>
        {rules.ssoConnectionId && (
          <Choice type="checkbox" label={t.required} checked={rules.ssoRequired} onChange={(event) => { set({ ssoRequired: event.target.checked }); }} />
        )}
        {change.error && <ErrorNotice error={change.error} />}
        <div><Button type="submit" busy={change.isPending}>{t.save}</Button></div>
      </fieldset>
    </form>
  );
}
