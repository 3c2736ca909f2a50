import type { EnvironmentPage } from "@/components/section";
import { CodeTabs } from "@/components/ui/CodeTabs";
import { Copyable } from "@/components/ui/Copyable";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Page, Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Table, type Column } from "@/components/ui/Table";
import { Time } from "@/components/ui/Time";
import type { IdentityKeyView } from "@/api/types";
import { identityKeys as t } from "@/messages";
import { useIdentityKeys, type Keys } from "./queries";
import { Rotation } from "./Rotation";
import { snippets } from "./snippets";

const EARLIER: Column<IdentityKeyView>[] = [
  { name: "key", label: t.key.title, cell: ({ publicKey }) => <code className="font-mono text-sm">{publicKey}</code> },
  { name: "destroyed", label: t.history.destroyed, cell: ({ destroyedAt }) => destroyedAt && <Time at={destroyedAt} />, wide: true },
];

export default function HttpServicesPage({ account, environment }: EnvironmentPage) {
  const { data, error, refetch } = useIdentityKeys(environment);
  const earlier = data?.all.filter(({ state }) => state === "destroyed") ?? [];
  return (
    <Page title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-32 rounded-xl" />}
      {!data && !error && <Skeleton className="h-80 rounded-xl" />}
      {data && <PublicKeys keys={data.keys} />}
      {data && (
        <Panel title={t.sdk.title} lead={t.sdk.lead}>
          <CodeTabs label={t.sdk.tabs} samples={snippets(known(data.keys))} />
        </Panel>
      )}
      {data && <Rotation account={account} environment={environment} keys={data.keys} />}
      {earlier.length > 0 && (
        <section className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <h2 className="font-semibold">{t.history.title}</h2>
          <Table label={t.history.title} columns={EARLIER} rows={earlier} keyOf={(key) => key.identityKeyId} />
        </section>
      )}
    </Page>
  );
}

/** All that a service should accept now, the one that signs first. */
function known({ current, next, previous }: Keys): string[] {
  return [current, next, previous].flatMap((key) => (key ? [key.publicKey] : []));
}

function PublicKeys({ keys: { current, next, previous } }: { keys: Keys }) {
  return (
    <Panel title={t.key.title} lead={t.key.lead}>
      <dl className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {current && <PublicKey name={t.key.current} publicKey={current.publicKey} />}
        {next && <PublicKey name={t.key.next} publicKey={next.publicKey} text={t.key.nextLead} />}
        {previous && <PublicKey name={t.key.previous} publicKey={previous.publicKey} text={t.key.previousLead} />}
      </dl>
    </Panel>
  );
}

function PublicKey({ name, publicKey, text }: { name: string; publicKey: string; text?: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-soft">{name}</dt>
      <dd>
        <Copyable text={publicKey} what={name} />
        {text && <span className="block text-sm text-soft">{text}</span>}
      </dd>
    </div>
  );
}
