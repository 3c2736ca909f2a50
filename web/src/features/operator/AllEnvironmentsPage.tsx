import { Layers } from "lucide-react";
import type { PlacedEnvironmentView } from "@/api/types";
import { EnvironmentStatus } from "@/components/EnvironmentStatus";
import { useUrlChange, useUrlState } from "@/components/useUrlState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Select } from "@/components/ui/Input";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Badge } from "@/components/ui/Status";
import { Table, type Column } from "@/components/ui/Table";
import { TextFilter } from "@/components/ui/TextFilter";
import { RelativeTime } from "@/components/ui/Time";
import { environments, operator } from "@/messages";
import { useAllEnvironments, useRunners, type EnvironmentFilters } from "./queries";

const t = operator.environments;
const COLUMNS: Column<PlacedEnvironmentView>[] = [
  { name: "name", label: t.columns.name, cell: (row) => <Name environment={row} /> },
  { name: "account", label: t.columns.account, cell: ({ accountName, accountId }) => <span title={accountId}>{accountName}</span> },
  { name: "status", label: t.columns.status, cell: (row) => <State environment={row} /> },
  { name: "runner", label: t.columns.runner, cell: ({ runnerId }) => runnerId, wide: true },
  { name: "engine", label: t.columns.engine, cell: ({ engineVersion }) => engineVersion, wide: true },
  { name: "created", label: t.columns.created, cell: ({ createdAt }) => <RelativeTime at={createdAt} />, wide: true },
];

export default function AllEnvironmentsPage() {
  const [status] = useUrlState("status");
  const [runner] = useUrlState("runner");
  const [text] = useUrlState("text");
  const { items, error, refetch, more, loadingMore } = useAllEnvironments({ status, runner, text });
  return (
    <Page title={t.title} lead={t.lead}>
      <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3">
        <FilterBar status={status} runner={runner} text={text} />
        {error && <ErrorNotice error={error} retry={() => void refetch()} />}
        {!items && !error && <Skeleton className="h-36 rounded-xl" />}
        {items?.length === 0 && (
          <p className="panel grid justify-items-center gap-2 p-10 text-soft"><Layers size={20} aria-hidden /> {t.empty}</p>
        )}
        {items && items.length > 0 && (
          <Table label={t.title} columns={COLUMNS} rows={items} keyOf={(row) => row.environmentId} more={more} loadingMore={loadingMore} />
        )}
      </div>
    </Page>
  );
}

function FilterBar({ status, runner, text }: EnvironmentFilters) {
  const change = useUrlChange();
  const runners = useRunners().data ?? [];
  return (
    <div className="flex flex-wrap gap-2">
      <Select className="max-sm:flex-1" aria-label={t.filters.status} value={status} onChange={(event) => { change({ status: event.target.value }); }}>
        <option value="">{t.filters.anyStatus}</option>
        {Object.entries(environments.status).map(([value, label]) => <option key={value} value={value}>{label}</option>)}
      </Select>
      <Select className="max-sm:flex-1" aria-label={t.filters.runner} value={runner} onChange={(event) => { change({ runner: event.target.value }); }}>
        <option value="">{t.filters.anyRunner}</option>
        {runners.map(({ runnerId }) => <option key={runnerId} value={runnerId}>{runnerId}</option>)}
      </Select>
      <TextFilter label={t.filters.text} value={text} onChange={(value) => { change({ text: value }); }} />
    </div>
  );
}

function Name({ environment: { name, environmentId, readOnly } }: { environment: PlacedEnvironmentView }) {
  return (
    <span className="grid min-w-0">
      <span className="flex flex-wrap items-center gap-2 font-medium">{name} {readOnly && <Badge tone="warn">{t.readOnly}</Badge>}</span>
      <code className="text-xs text-soft max-sm:hidden">{environmentId}</code>
    </span>
  );
}

function State({ environment: { status, statusReason } }: { environment: PlacedEnvironmentView }) {
  return (
    <span className="grid max-w-72 gap-0.5">
      <span><EnvironmentStatus status={status} /></span>
      {statusReason && <span className="text-sm text-pretty text-soft">{statusReason}</span>}
    </span>
  );
}
