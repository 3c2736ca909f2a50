import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Table, type Column } from "@/components/ui/Table";
import { count } from "@/lib/numbers";
import { operator } from "@/messages";
import { useAllEnvironments, useRunners } from "./queries";

const t = operator.versions;
const ALL = { status: "", runner: "", text: "" };
type Row = { version: string; where: string[] };

/** From what runners report and environments are started with. */
export default function VersionsPage() {
  const runners = useRunners();
  const environments = useAllEnvironments(ALL);
  const agents = grouped((runners.data ?? []).map(({ version, runnerId }) => [version ?? t.unknown, runnerId]));
  const engines = grouped((environments.items ?? []).map(({ engineVersion, accountName, name }) => [engineVersion, `${accountName}/${name}`]));
  const installed = grouped((runners.data ?? []).flatMap(({ engineVersions, runnerId }) => engineVersions.map((version): [string, string] => [version, runnerId])));
  const error = runners.error ?? environments.error;
  return (
    <Page title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => { void runners.refetch(); void environments.refetch(); }} />}
      <Part title={t.agents} many={t.columns.runners} rows={runners.data && agents} />
      <Part title={t.engines} many={t.columns.environments} rows={environments.items && engines} />
      <Part title={t.installed} many={t.columns.runners} rows={runners.data && installed} />
      {environments.more && <p className="text-soft">{t.counted(environments.items?.length ?? 0)}</p>}
    </Page>
  );
}

function Part({ title, many, rows }: { title: string; many: string; rows: Row[] | undefined }) {
  const columns: Column<Row>[] = [
    { name: "version", label: t.columns.version, cell: (row) => <span className="font-medium tabular-nums">{row.version}</span> },
    { name: "many", label: many, cell: (row) => count(row.where.length), align: "end" },
    { name: "where", label: t.columns.where, cell: (row) => <span className="line-clamp-2 text-soft">{row.where.join(", ")}</span>, grow: true },
  ];
  return (
    <section aria-label={title} className="grid min-w-0 gap-3">
      <h2 className="font-semibold">{title}</h2>
      {rows ? <Table label={title} columns={columns} rows={rows} keyOf={(row) => row.version} /> : <Skeleton className="h-24 rounded-xl" />}
    </section>
  );
}

/** The newest version first. */
function grouped(pairs: [string, string][]): Row[] {
  const found = new Map<string, string[]>();
  for (const [version, where] of pairs) found.set(version, [...(found.get(version) ?? []), where]);
  return [...found]
    .map(([version, where]) => ({ version, where }))
    .sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }));
}
