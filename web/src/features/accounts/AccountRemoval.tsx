import { useState } from "react";
import type { AccountPage } from "@/components/section";
import { useAccountGone } from "@/components/useAccountGone";
import { Button } from "@/components/ui/Button";
import { Panel } from "@/components/ui/Page";
import { TypedConfirm } from "@/components/ui/TypedConfirm";
import { accountSettings } from "@/messages";
import { useDeleteAccount } from "./settings";

const t = accountSettings.remove;

export function AccountRemoval({ account: { accountId, name } }: AccountPage) {
  const [asking, ask] = useState(false);
  const gone = useAccountGone(accountId);
  const remove = useDeleteAccount(accountId, () => gone(t.done(name)));
  return (
    <Panel
      title={t.title}
      lead={t.lead}
      actions={<Button look="danger" onClick={() => { remove.reset(); ask(true); }}>{t.action}</Button>}
    >
      <TypedConfirm title={t.title} name={name} action={t.action} open={asking} busy={remove.isPending} error={remove.error} onConfirm={() => { remove.mutate(); }} onClose={() => { ask(false); }}>
        {t.text(name)}
      </TypedConfirm>
    </Panel>
  );
}
