import { Link } from "@tanstack/react-router";
import { Layers, Plus } from "lucide-react";
import { may } from "@/api/session";
import type { Environment } from "@/api/types";
import type { AccountPage } from "@/components/section";
import { Button, buttonLook } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Table, type Column } from "@/components/ui/Table";
import { RelativeTime } from "@/components/ui/Time";
import { common, environments as t } from "@/messages";
import { EnvironmentStatus } from "./EnvironmentStatus";
import { useEnvironments } from "./queries";

const COLUMNS: Column<Environment>[] = [
  { name: "name", label: t.columns.name, cell: (row) => <NameLink environment={row} /> },
  { name: "status", label: t.columns.status, cell: (row) => <EnvironmentStatus status={row.status} /> },
  { name: "region", label: t.columns.region, cell: (row) => row.region, wide: true },
  { name: "engine", label: t.columns.engine, cell: (row) => <span className="tabular-nums">{row.engineVersion}</span>, wide: true },
  { name: "created", label: t.columns.created, cell: (row) => <RelativeTime at={row.createdAt} />, wide: true },
];

export default function EnvironmentsPage({ account }: AccountPage) {
  const { items, error, refetch, more, loadingMore } = useEnvironments(account.accountId);
  const create = <CreateLink account={account} />;
  return (
    <Page title={t.title} lead={t.lead} actions={items?.length ? create : undefined}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!items && !error && <Skeleton className="h-36 rounded-xl" />}
      {items?.length === 0 && (
        <EmptyState icon={Layers} title={t.empty.title} action={create}>
          {t.empty.text}
        </EmptyState>
      )}
      {items && items.length > 0 && (
        <Table label={t.title} columns={COLUMNS} rows={items} keyOf={(row) => row.environmentId} more={more} loadingMore={loadingMore} />
      )}
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
