import type { CreatedApiKey, Environment } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { CodeBlock } from "@/components/ui/Copyable";
import { DialogActions } from "@/components/ui/Dialog";
import { SecretReveal } from "@/components/ui/SecretReveal";
import { apiKeys } from "@/messages";

const t = apiKeys.created;

/** The key at the one moment it is known, and a call with it. */
export function CreatedKey({ created, environment, onDone }: { created: CreatedApiKey; environment: Environment; onDone: () => void }) {
  const call = tryIt(created, environment);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <SecretReveal secret={created.secret} what={t.secret} warning={t.warning} />
      {call && <CodeBlock text={call} what={t.tryIt} />}
      <DialogActions>
        <Button look="first" onClick={onDone}>
          {t.done}
        </Button>
      </DialogActions>
    </div>
  );
}

/** A call that answers without anything registered; none for a key that may only complete awakeables. */
function tryIt({ role, secret }: CreatedApiKey, { ingressBaseUrl, adminBaseUrl }: Environment): string | null {
  if (role === "complete_awakeable") return null;
  const url = role === "admin" ? `${slashless(adminBaseUrl)}/version` : `${slashless(ingressBaseUrl)}/restate/health`;
  return `curl ${url} -H 'authorization: Bearer ${secret}'`;
}

function slashless(url: string): string {
  return url.replace(/\/$/, "");
}
