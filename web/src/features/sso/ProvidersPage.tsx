import { Page } from "@/components/ui/Page";
import { sso as t } from "@/messages";
import { Connections } from "./Connections";

/** The providers of the whole plane, for its operators. */
export default function ProvidersPage() {
  return (
    <Page title={t.providers.title} lead={t.providers.lead}>
      <Connections accountId={null} manages title={t.connections.title} none={t.connections.nonePlane} />
    </Page>
  );
}
