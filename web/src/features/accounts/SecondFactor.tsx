import { useState } from "react";
import { PermittedButton } from "@/components/Permitted";
import type { AccountPage } from "@/components/section";
import { Confirm } from "@/components/ui/Confirm";
import { Panel } from "@/components/ui/Page";
import { accountSettings } from "@/messages";
import { useChangeAccount } from "./settings";

const t = accountSettings.secondFactor;

export function SecondFactor({ account, demanded }: AccountPage & { demanded: boolean }) {
  const [asking, ask] = useState(false);
  const change = useChangeAccount(account.accountId);
  const action = demanded ? t.withdraw : t.demand;
  return (
    <Panel
      title={t.title}
      lead={demanded ? t.on : t.off}
      actions={<PermittedButton account={account} permission="account:update" onClick={() => { change.reset(); ask(true); }}>{action}</PermittedButton>}
    >
      <Confirm
        title={action}
        action={action}
        open={asking}
        busy={change.isPending}
        error={change.error}
        onClose={() => { ask(false); }}
        onConfirm={() => { change.mutate({ requireSecondFactor: !demanded }, { onSuccess: () => { ask(false); } }); }}
      >
        {demanded ? t.confirmOff : t.confirm}
      </Confirm>
    </Panel>
  );
}
