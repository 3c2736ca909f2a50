import { ChartColumn, Download } from "lucide-react";
import type { AccountUsage } from "@/api/types";
import type { AccountPage } from "@/components/section";
import { buttonLook } from "@/components/ui/Button";
import { Chart } from "@/components/ui/Chart";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Select } from "@/components/ui/Input";
import { Page, Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Badge } from "@/components/ui/Status";
import { Table, type Column } from "@/components/ui/Table";
import { useUrlState } from "@/components/useUrlState";
import { bytes, count, short } from "@/lib/numbers";
import { usage as t } from "@/messages";
import { exportAddress, useAccountUsage } from "./queries";
import { byDay, byEnvironment, months, type EnvironmentSum } from "./sums";

const MONTHS_KEPT = 13;
const DAY_MILLISECONDS = 86_400_000;
const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const dayInWords = (time: string) => `${DAY.format(new Date(time))} UTC`;

const COLUMNS: Column<EnvironmentSum>[] = [
  { name: "name", label: t.environment, cell: ({ name, destroyed }) => <span className="flex flex-wrap items-center gap-2"><span className="font-medium">{name}</span>{destroyed && <Badge>{t.destroyed}</Badge>}</span> },
  { name: "requests", label: t.requests, cell: (row) => <Number text={count(row.requests)} />, align: "end" },
  { name: "errors", label: t.errors, cell: (row) => <Number text={count(row.errors)} />, align: "end", wide: true },
  { name: "invocations", label: t.invocations, cell: (row) => <Number text={count(row.invocations)} />, align: "end" },
  { name: "engine", label: t.engine, cell: (row) => <Number text={engineTime(row.engineSeconds)} />, align: "end", wide: true },
  { name: "storage", label: t.storage, cell: (row) => <Number text={row.storageBytes === null ? "–" : bytes(row.storageBytes)} />, align: "end", wide: true },
];

export default function UsagePage({ account: { accountId } }: AccountPage) {
  const known = months(new Date(), MONTHS_KEPT);
  const [asked, ask] = useUrlState("month", known[0]);
  const month = known.includes(asked) ? asked : (known[0] ?? "");
  const { data, error, refetch } = useAccountUsage(accountId, month);
  const actions = (
    <>
      <Select aria-label={t.month} value={month} onChange={(event) => { ask(event.target.value); }}>
        {known.map((one) => <option key={one} value={one}>{MONTH.format(new Date(`${one}-01T00:00:00Z`))}</option>)}
      </Select>
      <a href={exportAddress(accountId, month)} download={`usage-${month}.csv`} className={buttonLook()}>
        <Download size={15} aria-hidden /> {t.export}
      </a>
    </>
  );
  return (
    <Page title={t.title} lead={t.lead} actions={actions}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-96 rounded-xl" />}
      {data?.items.length === 0 && <EmptyState icon={ChartColumn} title={t.empty.title}>{t.empty.text}</EmptyState>}
      {data && data.items.length > 0 && <Month usage={data} />}
    </Page>
  );
}

function Month({ usage }: { usage: AccountUsage }) {
  const [asked, ask] = useUrlState("environment");
  const environments = byEnvironment(usage.items);
  const chosen = environments.some(({ environmentId }) => environmentId === asked) ? asked : "";
  const choose = (
    <Select aria-label={t.environment} value={chosen} onChange={(event) => { ask(event.target.value); }}>
      <option value="">{t.all}</option>
      {environments.map(({ environmentId, name }) => <option key={environmentId} value={environmentId}>{name}</option>)}
    </Select>
  );
  return (
    <>
      <Panel title={t.days} actions={environments.length > 1 ? choose : undefined}>
        <Days usage={usage} environmentId={chosen} />
      </Panel>
      <Panel title={t.each}>
        <Table label={t.each} columns={COLUMNS} rows={environments} keyOf={(row) => row.environmentId} />
      </Panel>
    </>
  );
}

function Days({ usage: { items, since, until }, environmentId }: { usage: AccountUsage; environmentId: string }) {
  const days = byDay(items.filter((item) => !environmentId || item.environmentId === environmentId));
  const shared = { times: days.map(({ at }) => at), since, until, stepMilliseconds: DAY_MILLISECONDS, inWords: dayInWords, nothing: t.empty.title, asBars: true };
  return (
    <div className="grid gap-8 lg:grid-cols-2">
      <Chart
        title={t.perDay(t.requests)}
        courses={[
          { name: t.requests, values: days.map((day) => day.requests), tone: "accent" },
          { name: t.errors, values: days.map((day) => day.errors), tone: "bad" },
        ]}
        format={short}
        {...shared}
      />
      <Chart
        title={t.perDay(t.invocations)}
        courses={[
          { name: t.invocations, values: days.map((day) => day.invocations), tone: "accent" },
          { name: t.failedAttempts, values: days.map((day) => day.failedAttempts), tone: "bad" },
        ]}
        format={short}
        {...shared}
      />
      <Chart title={t.perDay(t.engine)} courses={[{ name: t.engine, values: days.map((day) => day.engineSeconds), tone: "accent" }]} format={engineTime} {...shared} />
      <Chart title={t.storage} courses={[{ name: t.storage, values: days.map((day) => day.storageBytes), tone: "accent" }]} format={bytes} {...shared} />
    </div>
  );
}

function Number({ text }: { text: string }) {
  return <span className="tabular-nums">{text}</span>;
}

/** Of a short time the minutes. */
function engineTime(seconds: number): string {
  return seconds < 3600 ? t.minutes(count(seconds / 60)) : t.hours(count(seconds / 3600));
}
