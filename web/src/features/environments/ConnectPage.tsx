import { useState } from "react";
import { EnvironmentStatus } from "@/components/EnvironmentStatus";
import type { EnvironmentPage } from "@/components/section";
import { useUrlState } from "@/components/useUrlState";
import { CodeBlock, Copyable } from "@/components/ui/Copyable";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { Fact, Facts, Page, Panel } from "@/components/ui/Page";
import { Tabs } from "@/components/ui/Tabs";
import { connect as t, environments } from "@/messages";
import { FirstKey } from "./FirstKey";
import { Paused } from "./Pausing";
import { Progress } from "./Progress";
import { blocks, serviceAddress, WAYS, type Block, type Values, type Way } from "./snippets";

const TABS = WAYS.map((name) => ({ name, label: t.ways[name] }));
const USUAL = "http://127.0.0.1:9080";

export default function ConnectPage({ account, environment }: EnvironmentPage) {
  const [operationId, follow] = useUrlState("operation");
  const paused = environment.status === "SUSPENDED";
  const [chosen, choose] = useUrlState("with", "cli");
  const [secret, setSecret] = useState<string | null>(null);
  const [typed, setTyped] = useState(USUAL);
  const service = serviceAddress(typed);
  const way = WAYS.find((name) => name === chosen) ?? "cli";
  const keys = [environment.signingPublicKey, environment.nextSigningPublicKey].filter((key) => key !== null);
  const values: Values = {
    ingress: bare(environment.ingressBaseUrl),
    admin: bare(environment.adminBaseUrl),
    keys,
    service: service ?? USUAL,
    console: location.origin,
    token: secret,
  };
  return (
    <Page title={t.title} lead={t.lead} actions={<EnvironmentStatus status={environment.status} />}>
      {operationId && <Progress operationId={operationId} environment={environment} />}
      {paused && <Paused account={account} environment={environment} follow={follow} />}
      {environment.status !== "ACTIVE" && !paused && !operationId && <Notice tone="warn">{environment.statusReason ?? t.notActive}</Notice>}
      <FirstKey account={account} environment={environment} secret={secret} onSecret={setSecret} />
      <section className="panel min-w-0 px-5 pt-2 pb-5">
        <Tabs<Way> label={t.waysLabel} tabs={TABS} chosen={way} onChoose={choose}>
          <div className="grid min-w-0 gap-6 pt-2">
            <div className="max-w-md">
              <Field label={t.service} hint={t.serviceHint} error={service ? undefined : t.serviceWrong}>
                <Input autoComplete="off" spellCheck={false} inputMode="url" value={typed} onChange={(event) => { setTyped(event.target.value); }} />
              </Field>
            </div>
            <Blocks blocks={blocks(way, values)} />
          </div>
        </Tabs>
      </section>
      <Panel title={t.ids}>
        <Facts>
          <Fact name={environments.overview.ingress}>
            <Copyable text={values.ingress} what={environments.overview.ingress} />
          </Fact>
          <Fact name={environments.overview.admin}>
            <Copyable text={values.admin} what={environments.overview.admin} />
          </Fact>
          <Fact name={environments.overview.id}>
            <Copyable text={environment.environmentId} what={environments.overview.id} />
          </Fact>
          <Fact name={environments.overview.publicKey}>
            <Copyable text={environment.signingPublicKey} what={environments.overview.publicKey} />
          </Fact>
        </Facts>
      </Panel>
    </Page>
  );
}

function Blocks({ blocks: all }: { blocks: Block[] }) {
  return (
    <ol className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-6">
      {all.map(({ title, note, text }, index) => (
        <li key={title} className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-2">
          <h2 className="flex items-center gap-2.5 font-medium">
            <span aria-hidden className="grid size-6 place-items-center rounded-full bg-tint text-sm text-accent tabular-nums">{index + 1}</span>
            {title}
          </h2>
          {note && <p className="text-sm text-soft">{note}</p>}
          <CodeBlock text={text} what={title} />
        </li>
      ))}
    </ol>
  );
}

function bare(url: string): string {
  return url.replace(/\/+$/, "");
}
