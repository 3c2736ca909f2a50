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
  const [picked, pick] = useState("");
  // The question stays what it was asked as: which versions there are may change meanwhile, and does when it is done.
  const [{ asking, from, to }, ask] = useState({ asking: false, from: "", to: "" });
  const close = () => { ask({ asking: false, from, to }); };
  const { data, error, refetch } = useVersions(environment);
  const upgrade = useUpgrade(environment, ({ operationId }) => { close(); follow(operationId); });
  const newer = data?.newer ?? [];
  const chosen = newer.includes(picked) ? picked : (newer[0] ?? "");
  const paused = environment.status === "SUSPENDED";
  const choice = newer.length > 0 && (
    <div className="flex flex-wrap gap-2">
      <Select aria-label={t.choose} value={chosen} onChange={(event) => { pick(event.target.value); }}>
        {newer.map((version) => <option key={version}>{version}</option>)}
      </Select>
      <PermittedButton account={account} permission="environment:update" disabled={paused} title={paused ? t.paused : undefined} onClick={() => { upgrade.reset(); ask({ asking: true, from: environment.engineVersion, to: chosen }); }}>
        {t.action}
      </PermittedButton>
    </div>
  );
  return (
    <Panel title={t.title} lead={`${t.runs(environment.engineVersion)} ${data && !newer.length ? t.newest : ""}`} actions={choice}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      <Confirm
        title={t.question(environment.name, to)}
        action={t.action}
        look="first"
        open={asking}
        busy={upgrade.isPending}
        error={upgrade.error}
        onConfirm={() => { upgrade.mutate(to); }}
        onClose={close}
      >
        {t.text(from)}
      </Confirm>
    </Panel>
  );
}
