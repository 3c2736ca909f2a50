import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, type ReactNode } from "react";

type Props<Row> = {
  label: string;
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  render: (row: Row) => ReactNode;
  /** Of one row, before it was measured. */
  rowHeightPixels: number;
  className?: string;
};

/** Only the rows in sight exist: ten thousand of them scroll as smoothly as ten. */
export function VirtualList<Row>({ label, rows, keyOf, render, rowHeightPixels, className }: Props<Row>) {
  const frame = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- no compiler memoizes here
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeightPixels,
    getItemKey: (index) => keyOf(rows[index] as Row),
    overscan: 12,
  });
  return (
    <div ref={frame} role="region" aria-label={label} tabIndex={0} className={className ?? "h-[32rem] overflow-y-auto"}>
      <div role="list" className="relative" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map((item) => (
          <div
            key={item.key}
            ref={list.measureElement}
            data-index={item.index}
            role="listitem"
            aria-setsize={rows.length}
            aria-posinset={item.index + 1}
            className="absolute inset-x-0 top-0"
            style={{ transform: `translateY(${String(item.start)}px)` }}
          >
            {render(rows[item.index] as Row)}
          </div>
        ))}
      </div>
    </div>
  );
}
