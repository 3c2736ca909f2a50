import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { AuditEventView } from "@/api/types";
import { Copyable } from "@/components/ui/Copyable";
import type { Tone } from "@/components/ui/Notice";
import { Badge } from "@/components/ui/Status";
import { Time } from "@/components/ui/Time";
import { cx } from "@/lib/cx";
import { count } from "@/lib/numbers";
import { inWords, toTheMillisecond } from "@/lib/time";
import { audit as t } from "@/messages";
import { difference } from "./change";
import type { Filters } from "./queries";

const TONES: Record<AuditEventView["result"], Tone> = { ok: "plain", refused: "warn", failed: "bad", unknown: "warn" };
type Props = {
  event: AuditEventView;
  actor: string;
  open: boolean;
  onToggle: () => void;
  onFilter: (changes: Partial<Filters>, leaves?: boolean) => void;
};

export function EventRow({ event, actor, open, onToggle, onFilter }: Props) {
  return (
    <div className="border-b border-line/70">
      <button type="button" aria-expanded={open} onClick={onToggle} className="flex w-full items-start gap-2.5 px-4 py-2 text-left hover:bg-over">
        <ChevronRight size={14} aria-hidden className={cx("mt-1 shrink-0 text-soft transition-transform", open && "rotate-90")} />
        <span className="grid min-w-0 flex-1 gap-x-4 sm:grid-cols-[14rem_minmax(0,1fr)_auto]">
          <span className="truncate font-mono text-sm font-medium">{event.action}</span>
          <span className="min-w-0 truncate">{actor === "system" ? t.filters.system : actor}</span>
          <time dateTime={event.at} title={inWords(event.at)} className="text-sm text-soft tabular-nums">{toTheMillisecond(event.at)}</time>
          <span className="truncate font-mono text-xs text-soft sm:col-span-2">{event.target}</span>
          {event.result !== "ok" && <span className="sm:text-right"><Badge tone={TONES[event.result]}>{t.result[event.result]}</Badge></span>}
        </span>
      </button>
      {open && <Details event={event} actor={actor} onFilter={onFilter} />}
    </div>
  );
}

function Details({ event, actor, onFilter }: Omit<Props, "open" | "onToggle">) {
  const { changed, rest } = difference(event.details);
  return (
    <div className="grid gap-4 bg-code/60 px-4 pt-2 pb-4 sm:pl-10">
      {changed.length > 0 && <Changed rows={changed} />}
      <dl className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
        {rest.map(([name, value]) => <Known key={name} name={name}><span className="font-mono text-sm">{value || t.nothing}</span></Known>)}
        <Known name={t.at}><Time at={event.at} /></Known>
        <Known name={t.filters.actor}>
          <button type="button" className="text-left text-accent hover:underline" onClick={() => { onFilter({ actor: event.actor }, true); }}>{actor}</button>
        </Known>
        <Known name={t.target}>
          <button type="button" className="text-left font-mono text-sm text-accent hover:underline" onClick={() => { onFilter({ target: event.target }, true); }}>{event.target}</button>
        </Known>
        {event.credential && <Known name={t.credential}><code className="text-sm">{event.credential}</code></Known>}
        {event.address && <Known name={t.address}><code className="text-sm">{event.address}</code></Known>}
        {event.userAgent && <Known name={t.program}>{event.userAgent}</Known>}
        {event.requestId && <Known name={t.requestId}><Copyable text={event.requestId} what={t.requestId} /></Known>}
        <Known name={t.id}><Copyable text={event.auditEventId} what={t.id} /></Known>
        {event.sequence !== null && <Known name={t.sequence}>{count(event.sequence)}</Known>}
        {event.hash && <Known name={t.hash}><Copyable text={event.hash} what={t.hash} /></Known>}
      </dl>
    </div>
  );
}

function Known({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-soft first-letter:uppercase">{name}</dt>
      <dd className="flex min-h-6 min-w-0 items-center">{children}</dd>
    </div>
  );
}

function Changed({ rows }: { rows: { field: string; before: string; after: string }[] }) {
  return (
    <table className="w-full max-w-2xl border-collapse text-left text-sm">
      <thead className="text-soft">
        <tr>
          <th scope="col" className="py-1 pr-4 font-medium">{t.field}</th>
          <th scope="col" className="py-1 pr-4 font-medium">{t.before}</th>
          <th scope="col" className="py-1 font-medium">{t.after}</th>
        </tr>
      </thead>
      <tbody className="font-mono">
        {rows.map(({ field, before, after }) => (
          <tr key={field} className="border-t border-line align-top">
            <th scope="row" className="py-1 pr-4 font-normal">{field || t.target}</th>
            <td className="py-1 pr-4 text-bad">{before || t.nothing}</td>
            <td className="py-1 text-good">{after || t.nothing}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
