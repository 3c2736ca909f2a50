import { useState } from "react";
import { useMe } from "@/api/session";
import type { AccountPage } from "@/components/section";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Input";
import { Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { TypedConfirm } from "@/components/ui/TypedConfirm";
import { accountSettings } from "@/messages";
import { useHeirs, useTransfer } from "./settings";

const t = accountSettings.transfer;

export function AccountTransfer({ account }: AccountPage) {
  const [chosen, choose] = useState("");
  const [asking, ask] = useState(false);
  const { data, error, refetch } = useHeirs(account.accountId);
  const me = useMe().data?.user.userId;
  const others = data?.items.filter(({ userId }) => userId !== me);
  const heir = others?.find(({ userId }) => userId === chosen);
  const transfer = useTransfer(account.accountId, () => { ask(false); toast(t.done(heir?.email ?? "")); });
  const confirm = () => {
    if (heir) transfer.mutate(heir.userId);
  };
  return (
    <Panel title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!others && !error && <Skeleton className="h-9 w-64" />}
      {others?.length === 0 && <p className="text-soft">{t.nobody}</p>}
      {others && others.length > 0 && (
        <div className="flex flex-wrap items-end gap-3">
          <Field label={t.to}>
            <Select value={heir ? chosen : ""} onChange={(event) => { choose(event.target.value); }}>
              <option value="">{t.choose}</option>
              {others.map(({ userId, email }) => <option key={userId} value={userId}>{email}</option>)}
            </Select>
          </Field>
          <Button disabled={!heir} onClick={() => { transfer.reset(); ask(true); }}>{t.submit}</Button>
        </div>
      )}
      <TypedConfirm title={t.title} name={account.name} action={t.submit} open={asking} busy={transfer.isPending} error={transfer.error} onConfirm={confirm} onClose={() => { ask(false); }}>
        {t.text(account.name, heir?.email ?? "")}
      </TypedConfirm>
    </Panel>
  );
}
