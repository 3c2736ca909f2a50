import { useState } from "react";
import type { Membership, MemberView } from "@/api/types";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Confirm } from "@/components/ui/Confirm";
import { members as t } from "@/messages";
import { useRemove } from "./queries";

export function MemberRemove({ account, member: { userId, email } }: { account: Membership; member: MemberView }) {
  const [open, setOpen] = useState(false);
  const remove = useRemove(account.accountId, () => { setOpen(false); toast(t.removed(email)); });
  return (
    <>
      <Button size="small" look="bare" aria-label={t.removeOf(email)} onClick={() => { remove.reset(); setOpen(true); }}>
        {t.remove}
      </Button>
      <Confirm
        title={t.removeTitle(email)}
        action={t.remove}
        open={open}
        busy={remove.isPending}
        error={remove.error}
        onClose={() => { setOpen(false); }}
        onConfirm={() => { remove.mutate(userId); }}
      >
        {t.removeText(account.name)}
      </Confirm>
    </>
  );
}
