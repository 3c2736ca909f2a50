import { asApiError } from "@/api/errors";
import { signInAgain } from "@/api/signIn";
import { common } from "@/messages";
import { Button, buttonLook } from "./Button";
import { Notice } from "./Notice";

/** What happened, what to do next, and the request id to report. */
export function ErrorNotice({ error, retry }: { error: Error; retry?: () => void }) {
  const { code, message, requestId, passes } = asApiError(error);
  return (
    <Notice
      tone="bad"
      action={
        code === "recent_sign_in_required" ? (
          <a href={signInAgain()} className={buttonLook("quiet", "small")}>
            {common.signInAgain}
          </a>
        ) : retry && passes ? (
          <Button size="small" onClick={retry}>
            {common.tryAgain}
          </Button>
        ) : undefined
      }
    >
      {message}
      {requestId && (
        <span className="mt-0.5 block text-sm">
          {common.requestId} <code className="select-all">{requestId}</code>
        </span>
      )}
    </Notice>
  );
}
