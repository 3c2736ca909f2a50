import { NameForm } from "@/components/NameForm";
import type { AccountPage } from "@/components/section";
import { Page } from "@/components/ui/Page";
import { environments as t } from "@/messages";
import { useCreateEnvironment } from "./queries";

type Created = { environmentId: string; operationId: string };

export default function NewEnvironmentPage({ account, onCreated }: AccountPage & { onCreated: (created: Created) => void }) {
  const create = useCreateEnvironment(account.accountId);
  return (
    <Page title={t.create.title} lead={t.create.lead}>
      <NameForm words={t.create} first="dev" create={create} onCreated={({ environmentId, operationId }: Created) => { onCreated({ environmentId, operationId }); }} />
    </Page>
  );
}
