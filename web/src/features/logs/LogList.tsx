import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { logs as t } from "@/messages";
import type { Line } from "./line";
import { LogRow } from "./LogRow";

const ROW_PIXELS = 29;
const NEAR_THE_END_PIXELS = 48;

type Props = {
  lines: Line[];
  /** Keeps the newest line in sight. */
  following: boolean;
  /** Somebody scrolls up to read. */
  onLeaveEnd: () => void;
  /** The line a permalink names. */
  marked: string;
  linkTo: (exact: string) => string;
};

/** Only the lines in sight exist, however many there are. */
export function LogList({ lines, following, onLeaveEnd, marked, linkTo }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const last = useRef(0);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set<string>());
  // eslint-disable-next-line react-hooks/incompatible-library -- no compiler memoizes here
  const list = useVirtualizer({
    count: lines.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PIXELS,
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 16,
  });
  const total = list.getTotalSize();
  useEffect(() => {
    if (following && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [following, lines, total]);
  const at = marked ? lines.findIndex(({ exact }) => exact === marked) : -1;
  useEffect(() => {
    if (at >= 0) list.scrollToIndex(at, { align: "center" });
  }, [at, list]);
  const scrolled = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = frame.current ?? {};
    const up = scrollTop < last.current;
    last.current = scrollTop;
    if (up && following && scrollHeight - scrollTop - clientHeight > NEAR_THE_END_PIXELS) onLeaveEnd();
  };
  const toggle = (key: string) => {
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  };
  return (
    <div ref={frame} role="region" aria-label={t.list} tabIndex={0} onScroll={scrolled} className="h-[max(20rem,calc(100dvh-21rem))] overflow-y-auto">
      <div role="list" className="relative" style={{ height: total }}>
        {list.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          return (
            <div
              key={item.key}
              ref={list.measureElement}
              data-index={item.index}
              role="listitem"
              aria-setsize={lines.length}
              aria-posinset={item.index + 1}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${String(item.start)}px)` }}
            >
              <LogRow
                line={line}
                open={open.has(line.key) || (line.exact === marked && !open.has(`${line.key} closed`))}
                marked={line.exact === marked}
                onToggle={() => { toggle(line.exact === marked ? `${line.key} closed` : line.key); }}
                linkTo={linkTo}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}
