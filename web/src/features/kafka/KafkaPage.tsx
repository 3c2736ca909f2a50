import type { EnvironmentPage } from "@/components/section";
import { CodeTabs } from "@/components/ui/CodeTabs";
import { Page, Panel } from "@/components/ui/Page";
import { kafka as t } from "@/messages";
import { commands } from "./commands";

/** How to. What there is only the engine knows, whose own UI and CLI show it. */
export default function KafkaPage({ environment }: EnvironmentPage) {
  const lines = commands(environment.adminBaseUrl);
  return (
    <Page title={t.title} lead={`${t.lead} ${t.role}`}>
      {(["cluster", "subscription", "look", "secured"] as const).map((name) => (
        <Panel key={name} title={t[name].title} lead={t[name].lead}>
          <CodeTabs label={t[name].title} samples={lines[name]} />
        </Panel>
      ))}
      <Pairs title={t.properties.title} lead={t.properties.lead} facts={t.properties.facts} />
      <Pairs title={t.brokers.title} facts={t.brokers.facts} />
    </Page>
  );
}

function Pairs({ title, lead, facts }: { title: string; lead?: string; facts: string[][] }) {
  return (
    <Panel title={title} lead={lead}>
      <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-[12rem_minmax(0,1fr)]">
        {facts.map(([name, text]) => (
          <div key={name} className="grid gap-x-6 sm:col-span-2 sm:grid-cols-subgrid">
            <dt className="font-medium">{name}</dt>
            <dd className="text-pretty text-soft">{text}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
