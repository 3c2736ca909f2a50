import { useState } from "react";
import { PermittedButton } from "@/components/Permitted";
import type { EnvironmentPage } from "@/components/section";
import { Confirm } from "@/components/ui/Confirm";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Notice } from "@/components/ui/Notice";
import { Panel } from "@/components/ui/Page";
import { Time } from "@/components/ui/Time";
import { environments } from "@/messages";
import { useLife } from "./changes";

const t = environments.settings.pause;
type Props = EnvironmentPage & { follow: (operationId: string) => void };

/** Above the pages of a paused environment: that it is, since when, and the way out with one click. */
export function Paused({ account, environment, follow }: Props) {
  const wake = useLife(environment, "wake", ({ operationId }) => { follow(operationId); });
  const action = (
    <PermittedButton
      account={account}
      permission="environment:update"
      look="first"
      busy={wake.isPending}
      onClick={() => { wake.mutate(); }}
    >
      {t.wake}
    </PermittedButton>
  );
  return (
    <>
      <Notice tone="warn" action={action}>
        {environment.pausedAt && <>{t.since} <Time at={environment.pausedAt} />. </>}{t.paused}
      </Notice>
      {wake.error && <ErrorNotice error={wake.error} />}
    </>
  );
}

/** Pausing one that is not, after a question. */
export function Pausing({ account, environment, follow }: Props) {
  const [asking, ask] = useState(false);
  const pause = useLife(environment, "pause", ({ operationId }) => { ask(false); follow(operationId); });
  return (
    <Panel
      title={t.title}
      lead={t.lead}
      actions={<PermittedButton account={account} permission="environment:update" onClick={() => { pause.reset(); ask(true); }}>{t.action}</PermittedButton>}
    >
      <Confirm title={t.question(environment.name)} action={t.action} open={asking} busy={pause.isPending} error={pause.error} onConfirm={() => { pause.mutate(); }} onClose={() => { ask(false); }}>
        {t.text}
      </Confirm>
    </Panel>
  );
}
