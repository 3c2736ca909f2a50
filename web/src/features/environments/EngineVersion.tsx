import { useState } from "react";
import { PermittedButton } from "@/components/Permitted";
import type { EnvironmentPage } from "@/components/section";
import { Confirm } from "@/components/ui/Confirm";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Select } from "@/components/ui/Input";
import { Panel } from "@/components/ui/Page";
import { environments } from "@/messages";
import { useUpgrade, useVersions } from "./changes";

const t = environments.settings.version;
type Props = EnvironmentPage & { follow: (operationId: string) => void };

/** Which engine it runs, and the way to a newer one where its node has one. */
export function EngineVersion({ account, environment, follow }: Props) {
  const [asking, ask] = useState(false);
  const [picked, pick] = useState("");
  const { data, error, refetch } = useVersions(environment);
  const upgrade = useUpgrade(environment, ({ operationId }) => { ask(false); follow(operationId); });
  const newer = data?.newer ?? [];
  const chosen = newer.includes(picked) ? picked : (newer[0] ?? "");
  const paused = environment.status === "SUSPENDED";
  const choice = newer.length > 0 && (
    <div className="flex flex-wrap gap-2">
      <Select aria-label={t.choose} value={chosen} onChange={(event) => { pick(event.target.value); }}>
        {newer.map((version) => <option key={version}>{version}</option>)}
      </Select>
      <PermittedButton account={account} permission="environment:update" disabled={paused} title={paused ? t.paused : undefined} onClick={() => { upgrade.reset(); ask(true); }}>
        {t.action}
      </PermittedButton>
    </div>
  );
  return (
    <Panel title={t.title} lead={`${t.runs(environment.engineVersion)} ${data && !newer.length ? t.newest : ""}`} actions={choice}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      <Confirm
        title={t.question(environment.name, chosen)}
        action={t.action}
        look="first"
        open={asking}
        busy={upgrade.isPending}
        error={upgrade.error}
        onConfirm={() => { upgrade.mutate(chosen); }}
        onClose={() => { ask(false); }}
      >
        {t.text(environment.engineVersion)}
      </Confirm>
    </Panel>
  );
}
