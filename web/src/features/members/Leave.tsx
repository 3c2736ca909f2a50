import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { meQuery } from "@/api/session";
import type { Membership } from "@/api/types";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Confirm } from "@/components/ui/Confirm";
import { Panel } from "@/components/ui/Page";
import { members } from "@/messages";
import { useLeave } from "./queries";

const t = members.ending;

/** The account itself is handed over and deleted in its settings. */
export function Leave({ account, me }: { account: Membership; me: string }) {
  const [open, setOpen] = useState(false);
  const leave = useLeave(account.accountId);
  const navigate = useNavigate();
  const cache = useQueryClient();
  const left = async () => {
    toast(t.left(account.name));
    // The start page must not lead back to it.
    cache.setQueryData(meQuery.queryKey, (old) => old && { ...old, accounts: old.accounts.filter(({ accountId }) => accountId !== account.accountId) });
    await navigate({ to: "/", replace: true });
  };
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
        onConfirm={() => { leave.mutate(me, { onSuccess: () => void left() }); }}
      >
        {t.lead(account.name)}
      </Confirm>
    </Panel>
  );
}
