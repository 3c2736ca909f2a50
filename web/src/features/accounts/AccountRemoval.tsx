import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { meQuery } from "@/api/session";
import type { AccountPage } from "@/components/section";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Panel } from "@/components/ui/Page";
import { TypedConfirm } from "@/components/ui/TypedConfirm";
import { accountSettings } from "@/messages";
import { useDeleteAccount } from "./settings";

const t = accountSettings.remove;

export function AccountRemoval({ account: { accountId, name } }: AccountPage) {
  const [asking, ask] = useState(false);
  const remove = useDeleteAccount(accountId);
  const cache = useQueryClient();
  const navigate = useNavigate();
  const confirm = () => {
    remove.mutate(undefined, {
      onSuccess: async () => {
        toast(t.done(name));
        // Not what is on its way already: that may still name it.
        await cache.refetchQueries(meQuery);
        await navigate({ to: "/", replace: true });
      },
    });
  };
  return (
    <Panel
      title={t.title}
      lead={t.lead}
      actions={<Button look="danger" onClick={() => { remove.reset(); ask(true); }}>{t.action}</Button>}
    >
      <TypedConfirm title={t.title} name={name} action={t.action} open={asking} busy={remove.isPending} error={remove.error} onConfirm={confirm} onClose={() => { ask(false); }}>
        {t.text(name)}
      </TypedConfirm>
    </Panel>
  );
}
