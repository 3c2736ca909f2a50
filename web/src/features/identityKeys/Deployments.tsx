import type { DeploymentCheck, KeyVerdict } from "@/api/types";
import { Status } from "@/components/ui/Status";
import { Table, type Column } from "@/components/ui/Table";
import { RelativeTime } from "@/components/ui/Time";
import { identityKeys } from "@/messages";
import type { Keys } from "./queries";

const t = identityKeys.checks;

/** Which deployment took which key when it was last tried, and what it said. */
export function Deployments({ checks, keys }: { checks: DeploymentCheck[]; keys: Keys }) {
  const verdict = (state: "current" | "next" | "previous"): Column<DeploymentCheck>[] =>
    keys[state] ? [{ name: state, label: t.columns[state], cell: (row) => <Verdict verdict={row.accepts[state]} /> }] : [];
  const columns: Column<DeploymentCheck>[] = [
    { name: "deployment", label: t.columns.deployment, cell: ({ uri }) => <span className="font-mono text-sm">{uri}</span> },
    ...verdict("current"),
    ...verdict("next"),
    ...verdict("previous"),
    { name: "checked", label: t.columns.checked, cell: ({ checkedAt }) => <RelativeTime at={checkedAt} />, wide: true },
  ];
  return <Table label={t.title} columns={columns} rows={checks} keyOf={(row) => row.deploymentId} />;
}

function Verdict({ verdict }: { verdict: KeyVerdict | null }) {
  if (!verdict) return <span className="text-soft">{t.untried}</span>;
  const { accepted, message } = verdict;
  if (accepted) return <Status tone="good">{t.accepted}</Status>;
  return (
    <div className="grid max-w-64 justify-items-start gap-1">
      <Status tone={accepted === false ? "bad" : "warn"}>{accepted === false ? t.refused : t.unknown}</Status>
      <span className="text-sm text-soft">{message}</span>
    </div>
  );
}
