import { may } from "@/api/session";
import { LookOnly } from "@/components/Permitted";
import type { AccountPage } from "@/components/section";
import { Page } from "@/components/ui/Page";
import { sso as t } from "@/messages";
import { Connections } from "./Connections";
import { Domains } from "./Domains";

export default function SsoPage({ account }: AccountPage) {
  return (
    <Page title={t.title} lead={t.lead}>
      <LookOnly account={account} permission="sso:manage" />
      <Connections accountId={account.accountId} manages={may(account, "sso:manage")} title={t.connections.title} lead={t.connections.lead} none={t.connections.none} />
      {may(account, "domain:read") && <Domains account={account} />}
    </Page>
  );
}
