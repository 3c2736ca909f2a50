import type { Environment, Limit } from "@/api/types";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Fact, Facts, Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { count } from "@/lib/numbers";
import { environments as t } from "@/messages";
import { useThrottling } from "./usage";

/** How many requests each limit refused in the last day. */
export function Throttling({ environment }: { environment: Environment }) {
  const { data, error, refetch } = useThrottling(environment);
  const sums = new Map<Limit, number>();
  data?.items.forEach(({ limit, requests }) => sums.set(limit, (sums.get(limit) ?? 0) + requests));
  return (
    <Panel title={t.overview.throttling} lead={t.overview.throttlingLead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-5 w-40" />}
      {data && sums.size === 0 && <p>{t.overview.notThrottled}</p>}
      {sums.size > 0 && (
        <Facts>
          {[...sums].map(([limit, requests]) => (
            <Fact key={limit} name={t.overview.limits[limit]}>
              <span className="tabular-nums">{t.overview.refused(count(requests))}</span>
            </Fact>
          ))}
        </Facts>
      )}
    </Panel>
  );
}
