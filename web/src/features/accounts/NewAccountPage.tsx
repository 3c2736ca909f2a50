import { NameForm } from "@/components/NameForm";
import { toast } from "@/components/toast";
import { Page } from "@/components/ui/Page";
import { accounts as t } from "@/messages";
import { useCreateAccount } from "./queries";

export default function NewAccountPage({ onCreated }: { onCreated: (accountId: string) => void }) {
  const created = (account: { accountId: string; name: string }) => {
    toast(t.created(account.name));
    onCreated(account.accountId);
  };
  return (
    <Page title={t.create.title} lead={t.create.first}>
      <NameForm words={t.create} first="" create={useCreateAccount()} onCreated={created} />
    </Page>
  );
}
