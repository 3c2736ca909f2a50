import { Server } from "lucide-react";
import type { RunnerView } from "@/api/types";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Notice } from "@/components/ui/Notice";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Status } from "@/components/ui/Status";
import { Table, type Column } from "@/components/ui/Table";
import { RelativeTime } from "@/components/ui/Time";
import { operator } from "@/messages";
import { Drain } from "./Drain";
import { useRunners } from "./queries";

const t = operator.runners;
const COLUMNS: Column<RunnerView>[] = [
  { name: "runner", label: t.columns.runner, cell: (row) => <Name runner={row} /> },
  { name: "state", label: t.columns.state, cell: (row) => <State runner={row} /> },
  { name: "room", label: t.columns.room, cell: (row) => <Room runner={row} />, wide: true },
  { name: "egress", label: t.columns.egress, cell: (row) => <Egress runner={row} />, wide: true },
  { name: "version", label: t.columns.version, cell: ({ version }) => version ?? operator.versions.unknown, wide: true },
  { name: "seen", label: t.columns.seen, cell: ({ heartbeatAt }) => (heartbeatAt ? <RelativeTime at={heartbeatAt} /> : t.never), wide: true },
  { name: "drain", label: "", align: "end", cell: (row) => <Drain runner={row} /> },
];

export default function RunnersPage() {
  const { data: runners, error, refetch } = useRunners();
  const roomy = runners?.some(({ alive, draining, engines, capacity }) => alive && !draining && engines < capacity);
  return (
    <Page title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {runners && runners.length > 0 && !roomy && <Notice tone="warn">{t.full}</Notice>}
      {!runners && !error && <Skeleton className="h-36 rounded-xl" />}
      {runners?.length === 0 && <EmptyState icon={Server} title={t.empty.title}>{t.empty.text}</EmptyState>}
      {runners && runners.length > 0 && <Table stacked label={t.title} columns={COLUMNS} rows={runners} keyOf={(row) => row.runnerId} />}
    </Page>
  );
}

/** Where there is little room, with its room, which is a column of its own elsewhere. */
function Name({ runner }: { runner: RunnerView }) {
  return (
    <span className="grid min-w-0">
      <span className="font-medium">{runner.runnerId}</span>
      <span className="text-sm text-soft">{runner.region}</span>
      <span className="mt-1 md:hidden"><Room runner={runner} /></span>
    </span>
  );
}

function State({ runner: { alive, draining } }: { runner: RunnerView }) {
  return (
    <span className="flex flex-wrap gap-1">
      <Status tone={alive ? "good" : "bad"}>{alive ? t.alive : t.silent}</Status>
      {draining && <Status tone="warn">{t.draining}</Status>}
    </span>
  );
}

function Room({ runner: { runnerId, engines, capacity } }: { runner: RunnerView }) {
  return (
    <span className="grid w-28 gap-1">
      <span className="text-sm whitespace-nowrap tabular-nums">{t.room(engines, capacity)}</span>
      <span
        role="meter"
        aria-label={t.roomOf(runnerId)}
        aria-valuenow={engines}
        aria-valuemin={0}
        aria-valuemax={Math.max(capacity, 1)}
        className="h-1.5 overflow-hidden rounded-full bg-code"
      >
        <span
          className={`block h-full rounded-full ${engines >= capacity ? "bg-warn" : "bg-fill"}`}
          style={{ width: `${String(Math.min(100, (100 * engines) / Math.max(capacity, 1)))}%` }}
        />
      </span>
    </span>
  );
}

function Egress({ runner: { egressActive, egressReason } }: { runner: RunnerView }) {
  if (egressActive === null) return <span className="text-soft">{t.egress.unknown}</span>;
  return (
    <span className="grid max-w-56 gap-0.5">
      <span><Status tone={egressActive ? "good" : "warn"}>{egressActive ? t.egress.on : t.egress.off}</Status></span>
      {egressReason && <span className="text-sm text-pretty text-soft">{egressReason}</span>}
    </span>
  );
}
