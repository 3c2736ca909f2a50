import { EnvironmentStatus } from "@/components/EnvironmentStatus";
import type { EnvironmentPage } from "@/components/section";
import { LookOnly } from "@/components/Permitted";
import { useUrlState } from "@/components/useUrlState";
import { Page } from "@/components/ui/Page";
import { environments } from "@/messages";
import { EngineVersion } from "./EngineVersion";
import { Limits } from "./Limits";
import { Paused, Pausing } from "./Pausing";
import { Progress } from "./Progress";
import { ReadOnly } from "./ReadOnly";
import { Removal } from "./Removal";

export default function SettingsPage({ account, environment }: EnvironmentPage) {
  const [operationId, follow] = useUrlState("operation");
  const deleted = environment.status === "DELETED";
  const paused = environment.status === "SUSPENDED";
  return (
    <Page title={environments.settings.title} actions={<EnvironmentStatus status={environment.status} />}>
      <LookOnly account={account} permission="environment:update" />
      {paused && <Paused account={account} environment={environment} follow={follow} />}
      {operationId && <Progress key={operationId} operationId={operationId} environment={environment} />}
      {!deleted && <Limits account={account} environment={environment} />}
      {!deleted && <ReadOnly account={account} environment={environment} />}
      {!deleted && <EngineVersion account={account} environment={environment} follow={follow} />}
      {!deleted && !paused && <Pausing account={account} environment={environment} follow={follow} />}
      <Removal account={account} environment={environment} follow={follow} />
    </Page>
  );
}
