import { LookOnly } from "@/components/Permitted";
import type { AccountPage } from "@/components/section";
import { Copyable } from "@/components/ui/Copyable";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Fact, Facts, Page, Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Time } from "@/components/ui/Time";
import { accountSettings as t } from "@/messages";
import { AccountRemoval } from "./AccountRemoval";
import { AccountTransfer } from "./AccountTransfer";
import { Rename } from "./Rename";
import { SecondFactor } from "./SecondFactor";
import { useAccount } from "./settings";

export default function AccountSettingsPage({ account }: AccountPage) {
  const { data, error, refetch } = useAccount(account.accountId);
  return (
    <Page title={t.title}>
      <LookOnly account={account} permission="account:update" />
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-96 rounded-xl" />}
      {data && (
        <>
          <Panel title={account.name}>
            <Facts>
              <Fact name={t.facts.id}><Copyable text={data.accountId} what={t.facts.id} /></Fact>
              <Fact name={t.facts.role}>{data.role}</Fact>
              <Fact name={t.facts.created}><Time at={data.createdAt} /></Fact>
            </Facts>
          </Panel>
          <Rename account={account} />
          <SecondFactor account={account} demanded={data.requireSecondFactor} />
          {account.permissions.includes("account:transfer") && <AccountTransfer account={account} />}
          {account.permissions.includes("account:delete") && <AccountRemoval account={account} />}
        </>
      )}
    </Page>
  );
}
