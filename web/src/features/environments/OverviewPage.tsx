import { ExternalLink } from "lucide-react";
import { EnvironmentStatus } from "@/components/EnvironmentStatus";
import type { EnvironmentPage } from "@/components/section";
import { useUrlState } from "@/components/useUrlState";
import { buttonLook } from "@/components/ui/Button";
import { Copyable } from "@/components/ui/Copyable";
import { Notice } from "@/components/ui/Notice";
import { Fact, Facts, Page, Panel } from "@/components/ui/Page";
import { Time } from "@/components/ui/Time";
import { environments as t } from "@/messages";
import { Paused } from "./Pausing";
import { Progress } from "./Progress";
import { Throttling } from "./Throttling";
import { Traffic } from "./Traffic";

export default function OverviewPage({ account, environment }: EnvironmentPage) {
  const [operationId, follow] = useUrlState("operation");
  const { accountId, environmentId, status, statusReason } = environment;
  const actions = (
    <div className="flex flex-wrap items-center gap-3">
      <EnvironmentStatus status={status} />
      {status === "ACTIVE" && (
        // A page of the server's: it lets the person into the engine's own interface.
        <a href={`/accounts/${accountId}/environments/${environmentId}/ui`} target="_blank" rel="noopener" title={t.overview.openUiHint} className={buttonLook()}>
          {t.overview.openUi} <ExternalLink size={15} aria-hidden className="text-soft" />
        </a>
      )}
    </div>
  );
  return (
    <Page title={environment.name} actions={actions}>
      {status === "SUSPENDED" && <Paused account={account} environment={environment} follow={follow} />}
      {statusReason && status !== "SUSPENDED" && <Notice tone={status === "FAILED" ? "bad" : "warn"}>{statusReason}</Notice>}
      {environment.readOnly && <Notice tone="warn">{t.overview.readOnly}</Notice>}
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
      <Traffic environment={environment} />
      <Throttling environment={environment} />
      <Panel title={t.overview.facts}>
        <Facts>
          <Fact name={t.overview.id}>
            <Copyable text={environmentId} what={t.overview.id} />
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
