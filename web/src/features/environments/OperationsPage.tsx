import { History } from "lucide-react";
import { isUnderWay } from "@/api/operations";
import type { Operation } from "@/api/types";
import type { EnvironmentPage } from "@/components/section";
import { Button } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Notice, type Tone } from "@/components/ui/Notice";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Status } from "@/components/ui/Status";
import { Steps } from "@/components/ui/Steps";
import { RelativeTime } from "@/components/ui/Time";
import { duration } from "@/lib/time";
import { common, environments, operations } from "@/messages";
import { useOperations } from "./changes";

const t = environments.operations;
const TONES: Record<Operation["status"], Tone> = { PENDING: "warn", RUNNING: "warn", SUCCEEDED: "good", FAILED: "bad", CANCELLED: "plain" };

export default function OperationsPage({ environment }: EnvironmentPage) {
  const { items, error, refetch, more, loadingMore } = useOperations(environment);
  return (
    <Page title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!items && !error && <Skeleton className="h-36 rounded-xl" />}
      {items?.length === 0 && <EmptyState icon={History} title={t.empty.title}>{t.empty.text}</EmptyState>}
      {items && items.length > 0 && (
        <ul className="panel divide-y divide-line">
          {items.map((operation, index) => <Entry key={operation.operationId} operation={operation} newest={index === 0} />)}
        </ul>
      )}
      {more && (
        <div className="text-center">
          <Button look="bare" size="small" busy={loadingMore} onClick={more}>{common.loadMore}</Button>
        </div>
      )}
    </Page>
  );
}

function Entry({ operation, newest }: { operation: Operation; newest: boolean }) {
  const { kind, status, createdAt, endedAt, steps, error } = operation;
  const took = endedAt ? new Date(endedAt).getTime() - new Date(createdAt).getTime() : null;
  return (
    <li>
      <details open={newest || isUnderWay(operation) || status === "FAILED"}>
        <summary className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-xl px-5 py-3 hover:bg-over/50">
          <span className="min-w-0 flex-1 basis-48 font-medium">{operations.kind(kind)}</span>
          <span className="text-sm text-soft"><RelativeTime at={createdAt} />{took !== null && `, ${t.took(duration(took))}`}</span>
          <Status tone={TONES[status]} moving={isUnderWay(operation)}>{t.status[status]}</Status>
        </summary>
        <div className="grid gap-3 px-5 pt-1 pb-5">
          <Steps steps={steps} />
          {error && <Notice tone="bad">{error}</Notice>}
        </div>
      </details>
    </li>
  );
}
