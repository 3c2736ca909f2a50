import type { EnvironmentPage } from "@/components/section";
import { CodeTabs } from "@/components/ui/CodeTabs";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Page, Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { services } from "@/messages";
import { LambdaDoctor } from "./LambdaDoctor";
import { LintPolicy } from "./LintPolicy";
import { useTrustPolicy } from "./queries";

const t = services.lambda;

export default function LambdaPage({ account, environment }: EnvironmentPage) {
  const { data, error, refetch } = useTrustPolicy(environment);
  return (
    <Page title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-96 rounded-xl" />}
      {data && (
        <Panel title={t.trust.title} lead={t.trust.lead}>
          <CodeTabs
            label={t.trust.tabs}
            samples={[
              { name: "json", label: t.trust.json, text: JSON.stringify(data.policy, null, 2) },
              { name: "cdk", label: t.trust.cdk, text: data.cdk.trim() },
              { name: "terraform", label: t.trust.terraform, text: data.terraform.trim() },
            ]}
          />
        </Panel>
      )}
      {data && <LambdaDoctor account={account} environment={environment} />}
      {data && <LintPolicy account={account} environment={environment} />}
    </Page>
  );
}
