import { Link } from "@tanstack/react-router";
import { Layers, Plus } from "lucide-react";
import { useMemo } from "react";
import { may } from "@/api/session";
import type { Environment, RecentUsage } from "@/api/types";
import { EnvironmentStatus } from "@/components/EnvironmentStatus";
import type { AccountPage } from "@/components/section";
import { Button, buttonLook } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Page } from "@/components/ui/Page";
import { Sparkline } from "@/components/ui/Plot";
import { Skeleton } from "@/components/ui/Skeleton";
import { Table, type Column } from "@/components/ui/Table";
import { short } from "@/lib/numbers";
import { duration } from "@/lib/time";
import { common, environments as t } from "@/messages";
import { DeletedEnvironments } from "./DeletedEnvironments";
import { useEnvironments } from "./queries";
import { useRecentUsage } from "./usage";

const FEWEST_MINUTES = 10;
type Recent = Map<string, RecentUsage> | undefined;

const columns = (recent: Recent): Column<Environment>[] => [
  { name: "name", label: t.columns.name, cell: (row) => <NameLink environment={row} /> },
  { name: "status", label: t.columns.status, cell: (row) => <EnvironmentStatus status={row.status} /> },
  { name: "region", label: t.columns.region, cell: (row) => row.region, wide: true },
  { name: "engine", label: t.columns.engine, cell: (row) => <span className="tabular-nums">{row.engineVersion}</span>, wide: true },
  { name: "requests", label: t.columns.requests, cell: (row) => <Requests environment={row} recent={recent} />, wide: true },
  { name: "latency", label: t.columns.latency, cell: (row) => <Latency environment={row} recent={recent} />, wide: true },
];

export default function EnvironmentsPage({ account }: AccountPage) {
  const { items, error, refetch, more, loadingMore } = useEnvironments(account.accountId);
  const recent = useRecentUsage(account.accountId).data;
  const shown = useMemo(() => columns(recent), [recent]);
  const create = <CreateLink account={account} />;
  const live = items?.filter(({ status }) => status !== "DELETED");
  const deleted = items?.filter(({ status }) => status === "DELETED") ?? [];
  return (
    <Page title={t.title} lead={t.lead} actions={live?.length ? create : undefined}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!items && !error && <Skeleton className="h-36 rounded-xl" />}
      {live?.length === 0 && (
        <EmptyState icon={Layers} title={t.empty.title} action={create}>
          {t.empty.text}
        </EmptyState>
      )}
      {live && live.length > 0 && (
        <Table label={t.title} columns={shown} rows={live} keyOf={(row) => row.environmentId} more={more} loadingMore={loadingMore} />
      )}
      {deleted.length > 0 && <DeletedEnvironments account={account} environments={deleted} />}
    </Page>
  );
}

function NameLink({ environment: { accountId, environmentId, name } }: { environment: Environment }) {
  return (
    <Link to="/accounts/$accountId/environments/$environmentId" params={{ accountId, environmentId }} className="font-medium hover:underline">
      {name}
    </Link>
  );
}

type Cell = { environment: Environment; recent: Recent };

/** Of an environment younger than the hour, the minutes since it was made, and at least ten. */
function lived<Value>(minutes: readonly Value[], createdAt: string): readonly Value[] {
  return minutes.slice(-Math.max(FEWEST_MINUTES, Math.ceil((Date.now() - Date.parse(createdAt)) / 60_000) + 1));
}

function Requests({ environment: { environmentId, name, createdAt }, recent }: Cell) {
  if (!recent) return <Skeleton className="h-6 w-32" />;
  const values = recent.get(environmentId)?.requests ?? [];
  const total = values.reduce((sum, value) => sum + value, 0);
  if (!total) return <span className="text-sm text-soft">{t.quiet}</span>;
  return <Curve values={lived(values, createdAt)} said={short(total)} label={t.requestsOf(name, short(total))} />;
}

function Latency({ environment: { environmentId, name, createdAt }, recent }: Cell) {
  if (!recent) return <Skeleton className="h-6 w-32" />;
  const minutes = recent.get(environmentId)?.p50Ms ?? [];
  const last = minutes.findLast((value) => value !== null);
  if (typeof last !== "number") return <span className="text-sm text-soft">–</span>;
  return <Curve values={lived(minutes, createdAt)} said={duration(last)} label={t.latencyOf(name, duration(last))} />;
}

function Curve({ values, said, label }: { values: readonly (number | null)[]; said: string; label: string }) {
  return (
    <span className="flex items-center gap-2.5">
      <Sparkline values={values} label={label} className="h-6 w-20 shrink-0" />
      <span aria-hidden className="text-sm whitespace-nowrap tabular-nums">{said}</span>
    </span>
  );
}

function CreateLink({ account }: AccountPage) {
  const face = (
    <>
      <Plus size={16} aria-hidden /> {t.new}
    </>
  );
  if (!may(account, "environment:create"))
    return <Button look="first" disabled title={common.notPermitted(account.role)}>{face}</Button>;
  return (
    <Link to="/accounts/$accountId/environments/new" params={{ accountId: account.accountId }} className={buttonLook("first")}>
      {face}
    </Link>
  );
}
