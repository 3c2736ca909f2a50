import { may } from "@/api/session";
import type { EnvironmentPage } from "@/components/section";
import { Button } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Panel } from "@/components/ui/Page";
import { SecretReveal } from "@/components/ui/SecretReveal";
import { common, connect as t } from "@/messages";
import { useCreateKey } from "./queries";

/** An API key for the first steps; its secret is handed to `onSecret` and known nowhere else. */
export function FirstKey({ account, environment, secret, onSecret }: EnvironmentPage & { secret: string | null; onSecret: (secret: string) => void }) {
  const create = useCreateKey(environment);
  const permitted = may(account, "api_key:create");
  return (
    <Panel title={t.key.title} lead={t.key.lead}>
      {secret === null ? (
        <div className="flex flex-wrap items-center gap-3">
          <Button
            look="first"
            busy={create.isPending}
            disabled={!permitted}
            title={permitted ? undefined : common.notPermitted(account.role)}
            onClick={() => { create.mutate(undefined, { onSuccess: (key) => { onSecret(key.secret); } }); }}
          >
            {t.key.create}
          </Button>
          <p className="min-w-0 flex-1 basis-60 text-sm text-soft">{permitted ? t.key.without : common.notPermitted(account.role)}</p>
        </div>
      ) : (
        <SecretReveal secret={secret} what={t.key.what} warning={t.key.once} />
      )}
      {create.error && <ErrorNotice error={create.error} />}
    </Panel>
  );
}
