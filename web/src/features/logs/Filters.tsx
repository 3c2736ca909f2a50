import { useUrlChange } from "@/components/useUrlState";
import { Input, Select } from "@/components/ui/Input";
import { TextFilter } from "@/components/ui/TextFilter";
import { asLocalInput, fromLocalInput } from "@/lib/time";
import { logs as t } from "@/messages";

export const FIRST_WINDOW = "1h";
const BETWEEN = "between";
type Props = { since: string; until: string; at: string; level: string; text: string; source: string };

/** Which lines, in the address: it can be sent to others. */
export function Filters({ since, until, at, level, text, source }: Props) {
  const change = useUrlChange();
  const known = since in t.windows && !until;
  const choose = (value: string) => {
    if (value !== BETWEEN) change({ since: value === FIRST_WINDOW ? "" : value, until: "", at: "" });
    else change({ since: new Date(Date.now() - 3_600_000).toISOString(), until: new Date().toISOString(), at: "" });
  };
  return (
    <div className="flex flex-wrap gap-2">
      <Select className="min-w-36 max-sm:flex-1" aria-label={t.window} value={at ? "around" : known ? since : BETWEEN} onChange={(event) => { choose(event.target.value); }}>
        {Object.entries(t.windows).map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        <option value={BETWEEN}>{t.between}</option>
        {at && <option value="around">{t.around}</option>}
      </Select>
      {!at && !known && (
        <>
          <Moment label={t.since} value={since} onChange={(value) => { change({ since: value }); }} />
          <Moment label={t.until} value={until} onChange={(value) => { change({ until: value }); }} />
        </>
      )}
      <Select className="min-w-36 max-sm:flex-1" aria-label={t.level} value={level} onChange={(event) => { change({ level: event.target.value }); }}>
        {Object.entries(t.levels).map(([value, label]) => <option key={value} value={value}>{label}</option>)}
      </Select>
      <Select className="min-w-36 max-sm:flex-1" aria-label={t.source} value={source} onChange={(event) => { change({ source: event.target.value }); }}>
        {Object.entries(t.onlyOf).map(([value, label]) => <option key={value} value={value}>{label}</option>)}
      </Select>
      <TextFilter label={t.text} placeholder={t.textHint} value={text} onChange={(value) => { change({ text: value }); }} />
    </div>
  );
}

function Moment({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <Input
      type="datetime-local"
      aria-label={label}
      className="w-auto! max-sm:flex-1"
      value={asLocalInput(value)}
      onChange={(event) => { if (fromLocalInput(event.target.value)) onChange(fromLocalInput(event.target.value)); }}
    />
  );
}
