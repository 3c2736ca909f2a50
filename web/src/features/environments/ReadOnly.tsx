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
  const change = useReadOnly(environment);
  const { readOnly } = environment;
  const action = readOnly ? t.switchOff : t.switchOn;
  return (
    <Panel
      title={t.title}
      lead={readOnly ? t.on : t.off}
      actions={<PermittedButton account={account} permission="environment:update" onClick={() => { change.reset(); ask(true); }}>{action}</PermittedButton>}
    >
      <Confirm
        title={action}
        action={action}
        open={asking}
        busy={change.isPending}
        error={change.error}
        onClose={() => { ask(false); }}
        onConfirm={() => { change.mutate(!readOnly, { onSuccess: () => { ask(false); } }); }}
      >
        {readOnly ? t.confirmOff : t.confirmOn}
      </Confirm>
    </Panel>
  );
}
