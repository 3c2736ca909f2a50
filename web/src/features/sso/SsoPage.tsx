import { may } from "@/api/session";
import { LookOnly } from "@/components/Permitted";
import type { AccountPage } from "@/components/section";
import { Page } from "@/components/ui/Page";
import { cx } from "@/lib/cx";
import { sso as t } from "@/messages";
import { Connections } from "./Connections";
import { Domains } from "./Domains";
import { useConnections } from "./queries";

export default function SsoPage({ account }: AccountPage) {
  const { items, error } = useConnections(account.accountId);
  const known = Boolean(items ?? error);
  return (
    <Page title={t.title} lead={t.lead}>
      <LookOnly account={account} permission="sso:manage" />
      <Connections accountId={account.accountId} manages={may(account, "sso:manage")} title={t.connections.title} lead={t.connections.lead} none={t.connections.none} />
      {/* Below the connections, of whose number it depends where it begins: it is not shown before, so that it does not move. */}
      {may(account, "domain:read") && <div className={cx(!known && "invisible")}><Domains account={account} /></div>}
    </Page>
  );
}
