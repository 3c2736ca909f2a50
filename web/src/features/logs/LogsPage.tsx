import type { EnvironmentPage } from "@/components/section";
import { useUrlState } from "@/components/useUrlState";
import { Page } from "@/components/ui/Page";
import { logs as t } from "@/messages";
import { Filters, FIRST_WINDOW } from "./Filters";
import { around } from "./line";
import { LogView } from "./LogView";
import type { Wanted } from "./queries";

export default function LogsPage({ environment }: EnvironmentPage) {
  const [since] = useUrlState("since", FIRST_WINDOW);
  const [until] = useUrlState("until");
  const [level] = useUrlState("level");
  const [text] = useUrlState("text");
  const [source] = useUrlState("source");
  const [at] = useUrlState("at");
  const window = around(at) ?? { since, until };
  const wanted: Wanted = { ...window, level, text, source };
  return (
    <Page title={t.title} lead={t.lead}>
      <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3">
        <Filters since={since} until={until} at={around(at) ? at : ""} level={level} text={text} source={source} />
        {/* Other lines are another list: nothing of the old one stays. */}
        <LogView key={JSON.stringify(wanted)} environment={environment} wanted={wanted} marked={at} />
      </div>
    </Page>
  );
}
