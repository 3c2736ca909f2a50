import type { EnvironmentPage } from "@/components/section";
import { useUrlState } from "@/components/useUrlState";
import { Copyable } from "@/components/ui/Copyable";
import { Notice } from "@/components/ui/Notice";
import { Fact, Facts, Page, Panel } from "@/components/ui/Page";
import { Time } from "@/components/ui/Time";
import { environments as t } from "@/messages";
import { EnvironmentStatus } from "./EnvironmentStatus";
import { Progress } from "./Progress";

export default function OverviewPage({ environment }: EnvironmentPage) {
  const [operationId] = useUrlState("operation");
  return (
    <Page title={environment.name} actions={<EnvironmentStatus status={environment.status} />}>
      {environment.statusReason && <Notice tone={environment.status === "FAILED" ? "bad" : "warn"}>{environment.statusReason}</Notice>}
      {operationId && <Progress operationId={operationId} environment={environment} />}
      <Panel title={t.overview.connect} lead={t.overview.connectLead}>
        <Facts>
          <Fact name={t.overview.ingress}>
            <Copyable text={environment.ingressBaseUrl} what={t.overview.ingress} />
          </Fact>
          <Fact name={t.overview.admin}>
            <Copyable text={environment.adminBaseUrl} what={t.overview.admin} />
          </Fact>
        </Facts>
      </Panel>
      <Panel title={t.overview.facts}>
        <Facts>
          <Fact name={t.overview.id}>
            <Copyable text={environment.environmentId} what={t.overview.id} />
          </Fact>
          <Fact name={t.overview.publicKey}>
            <Copyable text={environment.signingPublicKey} what={t.overview.publicKey} />
          </Fact>
          <Fact name={t.overview.region}>{environment.region}</Fact>
          <Fact name={t.overview.engine}>{environment.engineVersion}</Fact>
          <Fact name={t.overview.created}>
            <Time at={environment.createdAt} />
          </Fact>
        </Facts>
      </Panel>
    </Page>
  );
}
