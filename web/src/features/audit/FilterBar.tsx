import { useQuery } from "@tanstack/react-query";
import { answered, client } from "@/api/client";
import type { Membership } from "@/api/types";
import { Input, Select } from "@/components/ui/Input";
import { TextFilter } from "@/components/ui/TextFilter";
import { asLocalInput, fromLocalInput } from "@/lib/time";
import { audit } from "@/messages";
import type { Filters } from "./queries";

const t = audit.filters;
const BETWEEN = "between";
type Change = (changes: Partial<Filters>) => void;
type Props = { account: Membership; filters: Filters; onChange: Change };

/** Which events, in the address: it can be sent to others. */
export function FilterBar({ account, filters, onChange }: Props) {
  return (
    <div className="flex flex-wrap gap-2">
      <Actor account={account} actor={filters.actor} onChange={onChange} />
      <Times since={filters.since} until={filters.until} onChange={onChange} />
      <TextFilter label={t.action} placeholder={t.actionHint} value={filters.action} options={audit.actions} className="flex-[2] basis-44 max-sm:basis-full" onChange={(action) => { onChange({ action }); }} />
      <TextFilter label={t.target} placeholder={t.targetHint} value={filters.target} className="flex-1 basis-36 max-sm:basis-full" onChange={(target) => { onChange({ target }); }} />
      <TextFilter label={t.text} value={filters.text} className="flex-1 basis-36 max-sm:basis-full" onChange={(text) => { onChange({ text }); }} />
    </div>
  );
}

function Actor({ account: { accountId }, actor, onChange }: { account: Membership; actor: string; onChange: Change }) {
  const { data } = useQuery({
    queryKey: ["members", accountId, "names"],
    queryFn: () => answered(client.GET("/api/v1/accounts/{accountId}/members", { params: { path: { accountId }, query: { limit: 100 } } })),
    staleTime: 60_000,
  });
  const people = data?.items ?? [];
  const other = actor && actor !== "system" && !people.some(({ userId }) => userId === actor);
  return (
    <Select className="min-w-0 max-sm:flex-1 sm:w-44" aria-label={t.actor} value={actor} onChange={(event) => { onChange({ actor: event.target.value }); }}>
      <option value="">{t.anybody}</option>
      {people.map(({ userId, email }) => <option key={userId} value={userId}>{email}</option>)}
      <option value="system">{t.system}</option>
      {other && <option value={actor}>{actor}</option>}
    </Select>
  );
}

function Times({ since, until, onChange }: { since: string; until: string; onChange: Change }) {
  const known = since in t.windows && !until;
  const choose = (value: string) => {
    if (value !== BETWEEN) onChange({ since: value, until: "" });
    else onChange({ since: new Date(Date.now() - 86_400_000).toISOString(), until: new Date().toISOString() });
  };
  return (
    <>
      <Select className="min-w-0 max-sm:flex-1" aria-label={t.since} value={known ? since : BETWEEN} onChange={(event) => { choose(event.target.value); }}>
        {Object.entries(t.windows).map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        <option value={BETWEEN}>{t.between}</option>
      </Select>
      {!known && (
        <>
          <Input type="datetime-local" aria-label={t.from} className="w-auto! max-sm:flex-1" value={asLocalInput(since)} onChange={(event) => { onChange({ since: fromLocalInput(event.target.value) }); }} />
          <Input type="datetime-local" aria-label={t.to} className="w-auto! max-sm:flex-1" value={asLocalInput(until)} onChange={(event) => { onChange({ until: fromLocalInput(event.target.value) }); }} />
        </>
      )}
    </>
  );
}
