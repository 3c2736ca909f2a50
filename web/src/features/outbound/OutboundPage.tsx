import type { OutboundDefaults } from "@/api/types";
import type { EnvironmentPage } from "@/components/section";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Fact, Facts, Page, Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { outbound as t } from "@/messages";
import { Additions } from "./Additions";
import { useOutboundPolicy } from "./queries";

export default function OutboundPage({ account, environment }: EnvironmentPage) {
  const { data, error, refetch } = useOutboundPolicy(environment);
  return (
    <Page title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-36 rounded-xl" />}
      {!data && !error && <Skeleton className="h-80 rounded-xl" />}
      {data && <Defaults defaults={data.defaults} />}
      {data && <Additions account={account} environment={environment} policy={data} />}
    </Page>
  );
}

function Defaults({ defaults: { networks, plainHttp, grantableNetworks } }: { defaults: OutboundDefaults }) {
  return (
    <Panel title={t.defaults.title} lead={t.defaults.lead}>
      <Facts>
        <Fact name={t.defaults.networks}>{listed(networks)}</Fact>
        <Fact name={t.defaults.plainHttp}>{plainHttp ? t.defaults.yes : t.defaults.no}</Fact>
        <Fact name={t.defaults.grantable}>{listed(grantableNetworks)}</Fact>
      </Facts>
    </Panel>
  );
}

function listed(networks: string[]): string {
  return networks.length ? [...new Set(networks)].join(", ") : t.defaults.none;
}
