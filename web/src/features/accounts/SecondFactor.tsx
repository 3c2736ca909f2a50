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
  // The question stays what it was asked as, also for the moment in which the account has changed already.
  const [wanted, want] = useState(!demanded);
  const change = useChangeAccount(account.accountId);
  const action = (to: boolean) => (to ? t.demand : t.withdraw);
  return (
    <Panel
      title={t.title}
      lead={demanded ? t.on : t.off}
      actions={<PermittedButton account={account} permission="account:update" onClick={() => { change.reset(); want(!demanded); ask(true); }}>{action(!demanded)}</PermittedButton>}
    >
      <Confirm
        title={action(wanted)}
        action={action(wanted)}
        open={asking}
        busy={change.isPending}
        error={change.error}
        onClose={() => { ask(false); }}
        onConfirm={() => { change.mutate({ requireSecondFactor: wanted }, { onSuccess: () => { ask(false); } }); }}
      >
        {wanted ? t.confirm : t.confirmOff}
      </Confirm>
    </Panel>
  );
}
