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

/** Pause it after a question; once paused, wake it without one. */
export function Pausing(props: Props) {
  return props.environment.status === "SUSPENDED" ? <Paused {...props} /> : <Awake {...props} />;
}

/** On the pages of a paused environment: that it is, since when, and the way out. */
export function Paused({ account, environment, follow }: Props) {
  const wake = useLife(environment, "wake");
  const action = (
    <PermittedButton
      account={account}
      permission="environment:update"
      look="first"
      busy={wake.isPending}
      onClick={() => { wake.mutate(undefined, { onSuccess: ({ operationId }) => { follow(operationId); } }); }}
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

function Awake({ account, environment, follow }: Props) {
  const [asking, ask] = useState(false);
  const pause = useLife(environment, "pause");
  const confirm = () => {
    pause.mutate(undefined, { onSuccess: ({ operationId }) => { ask(false); follow(operationId); } });
  };
  return (
    <Panel
      title={t.title}
      lead={t.lead}
      actions={<PermittedButton account={account} permission="environment:update" onClick={() => { pause.reset(); ask(true); }}>{t.action}</PermittedButton>}
    >
      <Confirm title={t.question(environment.name)} action={t.action} open={asking} busy={pause.isPending} error={pause.error} onConfirm={confirm} onClose={() => { ask(false); }}>
        {t.text}
      </Confirm>
    </Panel>
  );
}
