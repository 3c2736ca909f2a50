import { Download } from "lucide-react";
import { usePersonName } from "@/api/people";
import type { AccountPage } from "@/components/section";
import { useUrlChange, useUrlState } from "@/components/useUrlState";
import { Button, buttonLook } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Page } from "@/components/ui/Page";
import { SkeletonLines } from "@/components/ui/Skeleton";
import { zoneName } from "@/lib/time";
import { audit as t } from "@/messages";
import { EventList } from "./EventList";
import { FilterBar } from "./FilterBar";
import { exportAddress, useAuditEvents, type Filters } from "./queries";
import { Verification } from "./Verification";

const NO_FILTERS: Filters = { actor: "", action: "", target: "", since: "", until: "", text: "" };

export default function AuditPage({ account }: AccountPage) {
  const filters = useFilters();
  const change = useUrlChange();
  const personName = usePersonName(account);
  const { items, error, refetch, more, loadingMore } = useAuditEvents(account.accountId, filters);
  const filtered = Object.values(filters).some(Boolean);
  return (
    <Page
      title={t.title}
      lead={t.lead}
      actions={
        <a href={exportAddress(account.accountId)} download={`${account.name}-audit.jsonl`} className={buttonLook()}>
          <Download size={16} aria-hidden /> {t.export}
        </a>
      }
    >
      <Verification account={account} />
      <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3">
        <FilterBar account={account} filters={filters} onChange={change} />
        {error && <ErrorNotice error={error} retry={() => void refetch()} />}
        <section aria-label={t.title} className="panel overflow-hidden">
          <p className="flex flex-wrap justify-between gap-x-4 border-b border-line px-4 py-2 text-sm text-soft">
            <span>{items ? `${t.shown(items.length)}${more ? "+" : ""}` : " "}</span>
            <span>{t.zone(zoneName())}</span>
          </p>
          {!items && !error && <div className="h-80 p-4"><SkeletonLines lines={8} /></div>}
          {items?.length === 0 && (
            <div className="grid h-60 place-content-center justify-items-center gap-3 p-6 text-center text-soft">
              <p>{t.empty}</p>
              {filtered && <Button size="small" onClick={() => { change(NO_FILTERS, true); }}>{t.noFilters}</Button>}
            </div>
          )}
          {items && items.length > 0 && <EventList events={items} personName={personName} more={more} loadingMore={loadingMore} stuck={Boolean(error)} onFilter={change} />}
        </section>
      </div>
    </Page>
  );
}

function useFilters(): Filters {
  const [actor] = useUrlState("actor");
  const [action] = useUrlState("action");
  const [target] = useUrlState("target");
  const [since] = useUrlState("since");
  const [until] = useUrlState("until");
  const [text] = useUrlState("text");
  return { actor, action, target, since, until, text };
}
