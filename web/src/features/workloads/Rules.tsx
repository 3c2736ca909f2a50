import { useMemo } from "react";
import { usePersonName } from "@/api/people";
import type { Membership, WorkloadRuleView } from "@/api/types";
import { PermittedButton } from "@/components/Permitted";
import { Button } from "@/components/ui/Button";
import { Badge } from "@/components/ui/Status";
import { Table, type Column } from "@/components/ui/Table";
import { RelativeTime } from "@/components/ui/Time";
import { workloads as t } from "@/messages";

type Of = { rule: WorkloadRuleView };
type Props = {
  account: Membership;
  rules: WorkloadRuleView[];
  more: (() => void) | null;
  loadingMore: boolean;
  onUse: (rule: WorkloadRuleView) => void;
  onDelete: (rule: WorkloadRuleView) => void;
  onVouch: (rule: WorkloadRuleView) => void;
};

export function Rules({ account, rules, more, loadingMore, onUse, onDelete, onVouch }: Props) {
  const person = usePersonName(account);
  const columns = useMemo(
    (): Column<WorkloadRuleView>[] => [
      { name: "rule", label: t.columns.rule, cell: (rule) => <Name rule={rule} by={person(rule.vouchedBy)} /> },
      { name: "conditions", label: t.columns.conditions, cell: (rule) => <Conditions rule={rule} />, wide: true },
      { name: "role", label: t.columns.role, cell: ({ role, minutes }) => <span className="whitespace-nowrap">{role}<span className="block text-sm text-soft">{t.minutes(minutes)}</span></span>, wide: true },
      { name: "exchanged", label: t.columns.exchanged, cell: ({ lastExchangedAt: at }) => at ? <RelativeTime at={at} /> : <span className="text-soft">{t.never}</span>, wide: true },
      { name: "refused", label: t.columns.refused, cell: (rule) => <Refused rule={rule} />, wide: true },
      {
        name: "actions",
        label: "",
        align: "end",
        cell: (rule) => (
          <div className="flex flex-wrap justify-end gap-2 lg:flex-nowrap">
            {rule.void && <PermittedButton account={account} permission="workload_rule:manage" size="small" onClick={() => { onVouch(rule); }}>{t.vouch}</PermittedButton>}
            <Button size="small" aria-label={t.useLabel(rule.name)} onClick={() => { onUse(rule); }}>{t.use}</Button>
            <PermittedButton account={account} permission="workload_rule:manage" size="small" aria-label={t.remove.label(rule.name)} onClick={() => { onDelete(rule); }}>
              {t.remove.action}
            </PermittedButton>
          </div>
        ),
      },
    ],
    [account, person, onUse, onDelete, onVouch],
  );
  return <Table stacked label={t.title} columns={columns} rows={rules} keyOf={(rule) => rule.ruleId} more={more} loadingMore={loadingMore} />;
}

function Name({ rule, by }: Of & { by: string }) {
  return (
    <div className="grid max-w-56 min-w-32 justify-items-start gap-0.5">
      <span className="flex flex-wrap items-center gap-2 font-medium">
        {rule.name} {rule.void && <Badge tone="bad">{t.void}</Badge>}
      </span>
      <span className="text-sm text-soft">{t.providers[rule.provider]}</span>
      <span className="text-sm text-soft">{rule.void ? t.voidText : t.vouchedBy(by)}</span>
      <div className="mt-1.5 grid gap-1.5 md:hidden">
        <Conditions rule={rule} />
        <dl className="grid grid-cols-[auto_1fr] gap-x-3 text-sm text-soft">
          <dt>{t.columns.exchanged}</dt>
          <dd>{rule.lastExchangedAt ? <RelativeTime at={rule.lastExchangedAt} /> : t.never}</dd>
          <dt>{t.columns.refused}</dt>
          <dd>
            <Refused rule={rule} />
          </dd>
        </dl>
      </div>
    </div>
  );
}

function Conditions({ rule: { conditions, warnings } }: Of) {
  return (
    <div className="grid max-w-sm min-w-48 gap-1 text-sm">
      {Object.entries(conditions).map(([claim, value]) => (
        <code key={claim} className="font-mono">
          {claim}={value}
        </code>
      ))}
      {warnings.map((warning) => (
        <p key={warning} className="text-pretty text-warn">
          {t.warnings} {warning}
        </p>
      ))}
    </div>
  );
}

function Refused({ rule: { lastRefusedAt, lastRefusal } }: Of) {
  if (!lastRefusedAt) return <span className="text-soft">{t.never}</span>;
  return (
    <div className="max-w-xs text-sm">
      <RelativeTime at={lastRefusedAt} />
      <span className="block text-soft">{lastRefusal}</span>
    </div>
  );
}
