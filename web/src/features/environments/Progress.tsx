import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { isUnderWay, operationQuery } from "@/api/operations";
import type { Environment } from "@/api/types";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Notice } from "@/components/ui/Notice";
import { Panel } from "@/components/ui/Page";
import { SkeletonLines } from "@/components/ui/Skeleton";
import { Steps } from "@/components/ui/Steps";
import { operations as t } from "@/messages";

/** A change of this environment as it happens; the environment is read again when it has ended. */
export function Progress({ operationId, environment }: { operationId: string; environment: Environment }) {
  const cache = useQueryClient();
  const { data, error, refetch } = useQuery(operationQuery(operationId));
  const ended = data !== undefined && !isUnderWay(data);
  useEffect(() => {
    if (ended) void cache.invalidateQueries({ queryKey: ["environments", environment.accountId] });
  }, [ended, cache, environment.accountId]);
  if (error) return <ErrorNotice error={error} retry={() => void refetch()} />;
  if (!data) return <SkeletonLines />;
  return (
    <Panel title={t.kind(data.kind)}>
      <Steps told steps={data.steps} />
      {data.error && <Notice tone="bad">{data.error}</Notice>}
      {data.status === "SUCCEEDED" && <Notice tone="good">{t.succeeded}</Notice>}
    </Panel>
  );
}
