import { useState } from "react";
import { PermittedButton } from "@/components/Permitted";
import type { EnvironmentPage } from "@/components/section";
import { Confirm } from "@/components/ui/Confirm";
import { Panel } from "@/components/ui/Page";
import { environments } from "@/messages";
import { useReadOnly } from "./changes";

const t = environments.settings.readOnly;

export function ReadOnly({ account, environment }: EnvironmentPage) {
  const [asking, ask] = useState(false);
  // The question stays what it was asked as, also for the moment in which the environment has changed already.
  const [wanted, want] = useState(!environment.readOnly);
  const change = useReadOnly(environment);
  const { readOnly } = environment;
  const action = (to: boolean) => (to ? t.switchOn : t.switchOff);
  return (
    <Panel
      title={t.title}
      lead={readOnly ? t.on : t.off}
      actions={<PermittedButton account={account} permission="environment:update" onClick={() => { change.reset(); want(!readOnly); ask(true); }}>{action(!readOnly)}</PermittedButton>}
    >
      <Confirm
        title={action(wanted)}
        action={action(wanted)}
        open={asking}
        busy={change.isPending}
        error={change.error}
        onClose={() => { ask(false); }}
        onConfirm={() => { change.mutate(wanted, { onSuccess: () => { ask(false); } }); }}
      >
        {wanted ? t.confirmOn : t.confirmOff}
      </Confirm>
    </Panel>
  );
}
