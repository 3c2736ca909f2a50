import { asApiError } from "@/api/errors";
import { common } from "@/messages";
import { Button } from "./Button";
import { Notice } from "./Notice";

/** What happened, what to do next, and the request id to report. */
export function ErrorNotice({ error, retry }: { error: Error; retry?: () => void }) {
  const { message, requestId, passes } = asApiError(error);
  return (
    <Notice
      tone="bad"
      action={
        retry && passes ? (
          <Button size="small" onClick={retry}>
            {common.tryAgain}
          </Button>
        ) : undefined
      }
    >
      {message}
      {requestId && (
        <span className="mt-0.5 block text-sm opacity-80">
          {common.requestId} <code className="select-all">{requestId}</code>
        </span>
      )}
    </Notice>
  );
}
