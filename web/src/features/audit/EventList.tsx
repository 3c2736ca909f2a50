import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import type { AuditEventView } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { audit as t } from "@/messages";
import { EventRow } from "./EventRow";
import type { Filters } from "./queries";

const ROW_PIXELS = 53;
const BEFORE_THE_END = 20;
type Props = {
  events: AuditEventView[];
  personName: (id: string) => string;
  more: (() => void) | null;
  loadingMore: boolean;
  /** Older ones could not be fetched: they are when somebody asks for them. */
  stuck: boolean;
  onFilter: (changes: Partial<Filters>, leaves?: boolean) => void;
};

/** Only the events in sight exist; older ones are fetched before the end is reached. */
export function EventList({ events, personName, more, loadingMore, stuck, onFilter }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState("");
  // eslint-disable-next-line react-hooks/incompatible-library -- no compiler memoizes here
  const list = useVirtualizer({
    count: events.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PIXELS,
    getItemKey: (index) => events[index]?.auditEventId ?? index,
    overscan: 12,
  });
  const rows = list.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && !loadingMore && !stuck && last > 0 && last >= events.length - BEFORE_THE_END && events.length > BEFORE_THE_END) more();
  }, [more, loadingMore, stuck, last, events.length]);
  return (
    <>
      <div ref={frame} role="region" aria-label={t.list} tabIndex={0} className="max-h-[max(24rem,calc(100dvh-16rem))] overflow-y-auto">
        <div role="list" className="relative" style={{ height: list.getTotalSize() }}>
          {rows.map((item) => {
            const event = events[item.index];
            if (!event) return null;
            const { auditEventId } = event;
            return (
              <div
                key={item.key}
                ref={list.measureElement}
                data-index={item.index}
                role="listitem"
                aria-setsize={more ? -1 : events.length}
                aria-posinset={item.index + 1}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${String(item.start)}px)` }}
              >
                <EventRow
                  event={event}
                  actor={personName(event.actor)}
                  open={open === auditEventId}
                  onToggle={() => { setOpen(open === auditEventId ? "" : auditEventId); }}
                  onFilter={onFilter}
                />
              </div>
            );
          })}
        </div>
      </div>
      {more && (
        <div className="border-t border-line p-2 text-center">
          <Button look="bare" size="small" busy={loadingMore} onClick={more}>{t.more}</Button>
        </div>
      )}
    </>
  );
}
