import { useState } from "react";
import type { Membership } from "@/api/types";
import { useAccountGone } from "@/components/useAccountGone";
import { Button } from "@/components/ui/Button";
import { Confirm } from "@/components/ui/Confirm";
import { Panel } from "@/components/ui/Page";
import { members } from "@/messages";
import { useLeave } from "./queries";

const t = members.ending;

/** The account itself is handed over and deleted in its settings. */
export function Leave({ account, me }: { account: Membership; me: string }) {
  const [open, setOpen] = useState(false);
  const gone = useAccountGone(account.accountId);
  const leave = useLeave(account.accountId, () => gone(t.left(account.name)));
  return (
    <Panel
      title={t.title}
      lead={t.lead(account.name)}
      actions={<Button onClick={() => { leave.reset(); setOpen(true); }}>{t.leave(account.name)}</Button>}
    >
      <Confirm
        title={t.leaveTitle(account.name)}
        action={t.confirm}
        open={open}
        busy={leave.isPending}
        error={leave.error}
        onClose={() => { setOpen(false); }}
        onConfirm={() => { leave.mutate(me); }}
      >
        {t.lead(account.name)}
      </Confirm>
    </Panel>
  );
}
