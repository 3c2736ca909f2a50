import type { Environment, UsageSeries } from "@/api/types";
import { Chart, type Course } from "@/components/ui/Chart";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Segments } from "@/components/ui/Segments";
import { Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { useUrlState } from "@/components/useUrlState";
import { short } from "@/lib/numbers";
import { duration, moment } from "@/lib/time";
import { environments as t } from "@/messages";
import { STEP_MILLISECONDS, useUsage, WINDOWS, type Window } from "./usage";

const NAMES = Object.keys(WINDOWS) as Window[];
/** So that the first minute does not fill a plot. */
const FEWEST_STEPS = 10;
const FEWEST_SETTLED = 3;
const CHOICES = NAMES.map((name) => ({ name, label: t.overview.windows[name] }));

/** Requests, latency and invocations over the chosen time, which is in the address. */
export function Traffic({ environment }: { environment: Environment }) {
  const [asked, ask] = useUrlState("window", "1h");
  const chosen = NAMES.find((name) => name === asked) ?? "1h";
  const { data, error, refetch } = useUsage(environment, chosen);
  return (
    <Panel title={t.overview.traffic} actions={<Segments label={t.overview.window} choices={CHOICES} chosen={chosen} onChoose={ask} />}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && (
        <div className="grid gap-8 lg:grid-cols-3">
          {[1, 2, 3].map((index) => <Skeleton key={index} className="h-52 rounded-lg" />)}
        </div>
      )}
      {data && <Plots series={data} environment={environment} />}
    </Panel>
  );
}

function Plots({ series, environment: { createdAt, status } }: { series: UsageSeries; environment: Environment }) {
  const { until, step } = series;
  const items = settled(series);
  const since = beginning(series, createdAt);
  const shared = { times: items.map(({ at }) => at), since, until, stepMilliseconds: STEP_MILLISECONDS[step], inWords: moment, nothing: status === "SUSPENDED" ? t.overview.nothingPaused : t.overview.nothingYet };
  const requests: Course[] = [
    { name: t.overview.requests, values: items.map((item) => item.requests), tone: "accent" },
    { name: t.overview.errors, values: items.map((item) => item.errors), tone: "bad" },
  ];
  const latency: Course[] = [
    { name: t.overview.p50, values: items.map((item) => item.p50Ms), tone: "accent" },
    { name: t.overview.p99, values: items.map((item) => item.p99Ms), tone: "warn" },
  ];
  const invocations: Course[] = [
    { name: t.overview.begun, values: items.map((item) => item.invocations), tone: "accent" },
    { name: t.overview.completed, values: items.map((item) => item.completedInvocations), tone: "good" },
    { name: t.overview.failedAttempts, values: items.map((item) => item.failedAttempts), tone: "bad" },
  ];
  const how = t.overview.perStep[step];
  return (
    <div className="grid gap-8 lg:grid-cols-3">
      <Chart title={`${t.overview.requests} ${how}`} courses={requests} format={short} {...shared} asBars />
      <Chart title={t.overview.latency} courses={latency} format={duration} {...shared} />
      <Chart title={`${t.overview.invocations} ${how}`} courses={invocations} format={short} {...shared} />
    </div>
  );
}

/** Of an environment younger than the time asked for, plots begin with it: before there is nothing to see. */
function beginning({ since, until, step, items }: UsageSeries, createdAt: string): string {
  const length = STEP_MILLISECONDS[step];
  const first = Math.min(Date.parse(createdAt), Date.parse(items[0]?.at ?? createdAt), Date.parse(until) - FEWEST_STEPS * length);
  return new Date(Math.max(Date.parse(since), Math.floor(first / length) * length)).toISOString();
}

/** Without the minute under way: what it has counted so far looks like a fall. */
function settled({ until, step, items }: UsageSeries): UsageSeries["items"] {
  const last = items.at(-1);
  const underWay = step === "minute" && last && Date.parse(last.at) + STEP_MILLISECONDS[step] >= Date.parse(until);
  return underWay && items.length > FEWEST_SETTLED ? items.slice(0, -1) : items;
}
