import { Cable } from "lucide-react";
import type { TunnelView } from "@/api/types";
import type { EnvironmentPage } from "@/components/section";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Status } from "@/components/ui/Status";
import { Table, type Column } from "@/components/ui/Table";
import { RelativeTime } from "@/components/ui/Time";
import { bytes, count } from "@/lib/numbers";
import { tunnels as t } from "@/messages";
import { OpenTunnel } from "./OpenTunnel";
import { useTunnels } from "./queries";

const COLUMNS: Column<TunnelView>[] = [
  { name: "name", label: t.columns.name, cell: ({ name }) => <span className="font-mono text-sm font-medium">{name}</span> },
  { name: "state", label: t.columns.state, cell: (row) => <State tunnel={row} /> },
  { name: "requests", label: t.columns.requests, cell: (row) => <Requests tunnel={row} />, align: "end" },
  { name: "errors", label: t.columns.errors, cell: ({ errors }) => <span className="tabular-nums">{count(errors)}</span>, align: "end", wide: true },
  { name: "bytes", label: t.columns.bytes, cell: (row) => <Bytes tunnel={row} />, wide: true },
  { name: "failure", label: t.columns.failure, cell: (row) => <Failure tunnel={row} />, wide: true },
];

export default function TunnelsPage({ environment }: EnvironmentPage) {
  const { data, error, refetch } = useTunnels(environment);
  return (
    <Page title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-62 rounded-xl max-sm:h-67.5" />}
      {data?.length === 0 && (
        <EmptyState icon={Cable} title={t.empty.title}>
          {t.empty.text}
        </EmptyState>
      )}
      {data && data.length > 0 && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
          <Table label={t.list} columns={COLUMNS} rows={data} keyOf={(row) => row.name} />
          <p className="text-sm text-soft">{t.stays}</p>
        </div>
      )}
      <OpenTunnel environment={environment} />
    </Page>
  );
}

function State({ tunnel: { connections, since, goneAt } }: { tunnel: TunnelView }) {
  return (
    <div className="grid justify-items-start gap-0.5">
      {connections ? <Status tone="good">{t.connected(connections)}</Status> : <Status tone="plain">{t.gone}</Status>}
      <span className="text-sm text-soft">
        {t.since} <RelativeTime at={connections ? since : (goneAt ?? since)} />
      </span>
    </div>
  );
}

function Requests({ tunnel: { requests, openRequests } }: { tunnel: TunnelView }) {
  return (
    <span className="tabular-nums">
      {count(requests)}
      {openRequests > 0 && <span className="block text-sm text-soft">{t.open(count(openRequests))}</span>}
    </span>
  );
}

function Bytes({ tunnel: { bytesToService, bytesFromService } }: { tunnel: TunnelView }) {
  return (
    <span className="text-sm whitespace-nowrap tabular-nums">
      {t.to(bytes(bytesToService))}
      <span className="block text-soft">{t.from(bytes(bytesFromService))}</span>
    </span>
  );
}

function Failure({ tunnel: { lastFailure, lastFailureAt } }: { tunnel: TunnelView }) {
  if (!lastFailure) return <span className="text-soft">{t.noFailure}</span>;
  return (
    <div className="max-w-xs min-w-40 text-sm">
      {lastFailure}
      {lastFailureAt && (
        <span className="block text-soft">
          <RelativeTime at={lastFailureAt} />
        </span>
      )}
    </div>
  );
}
