import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useRef, type ReactNode } from "react";
import { cx } from "@/lib/cx";
import { common } from "@/messages";
import { Button } from "./Button";

export type Column<Row> = {
  name: string;
  /** Of the head; empty for a column of buttons. */
  label: string;
  cell: (row: Row) => ReactNode;
  /** Left out where there is little room. */
  wide?: boolean;
  align?: "end";
  /** Takes what is left of the width. */
  grow?: boolean;
};
type Props<Row> = {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Loads the next page; null at the end. */
  more?: (() => void) | null;
  loadingMore?: boolean;
  /** On a phone each row is a block: its name in a line of its own, the rest below. */
  stacked?: boolean;
};

const ALL_AT_ONCE = 100;
const ROW_PIXELS = 45;

/** Rows of one kind. The first column names the row. Of more than a hundred only those in sight exist. */
export function Table<Row>({ label, columns, rows, keyOf, more, loadingMore = false, stacked = false }: Props<Row>) {
  const look = (column: Column<Row>) =>
    cx(
      // Words are not torn to save room, but for long names on a phone: what does not fit is scrolled to, while buttons stay in sight.
      "px-3 py-2.5 [overflow-wrap:break-word] first:pl-5 last:pr-5 max-sm:px-2 max-sm:first:pl-4 max-sm:last:pr-3",
      "max-sm:first:min-w-28 max-sm:first:[overflow-wrap:anywhere]",
      column.align === "end" ? "text-right" : "text-left",
      column.wide && "max-md:hidden",
      column.grow && "w-full",
      !column.label && "sticky right-0 bg-inherit",
      stacked && "max-sm:static max-sm:p-0! max-sm:first:w-full max-sm:last:ml-auto",
    );
  return (
    <div className="panel overflow-hidden">
      <div className="relative overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
        {/* The roles are those of the elements, which blocks would lose. */}
        <table role="table" className={cx("w-full border-collapse", stacked && "max-sm:block")} aria-rowcount={rows.length > ALL_AT_ONCE ? rows.length + 1 : undefined}>
          <thead role="rowgroup" className={cx(stacked && "max-sm:sr-only")}>
            <tr role="row" className="border-b border-line bg-card text-sm text-soft">
              {columns.map((column) => (
                <th key={column.name} role="columnheader" scope="col" className={cx(look(column), "font-medium whitespace-nowrap")}>
                  {column.label || <span className="sr-only">{common.actions}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <Rows columns={columns} rows={rows} keyOf={keyOf} look={look} stacked={stacked} />
        </table>
      </div>
      {more && (
        <div className="border-t border-line p-2 text-center">
          <Button look="bare" size="small" busy={loadingMore} onClick={more}>
            {common.loadMore}
          </Button>
        </div>
      )}
    </div>
  );
}

type RowsProps<Row> = Pick<Props<Row>, "columns" | "rows" | "keyOf"> & { look: (column: Column<Row>) => string; stacked: boolean };

function Rows<Row>({ columns, rows, keyOf, look, stacked }: RowsProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const many = rows.length > ALL_AT_ONCE;
  const list = useWindowVirtualizer({
    count: rows.length,
    enabled: many,
    estimateSize: () => ROW_PIXELS,
    overscan: 20,
    // eslint-disable-next-line react-hooks/refs -- where it begins is known from the second time on, soon enough
    scrollMargin: body.current ? body.current.getBoundingClientRect().top + scrollY : 0,
  });
  const shown = list.getVirtualItems();
  const first = many ? (shown[0]?.index ?? 0) : 0;
  const end = many ? (shown.at(-1)?.index ?? -1) + 1 : rows.length;
  return (
    <tbody ref={body} role="rowgroup" className={cx(stacked && "max-sm:block")}>
      {first > 0 && <tr aria-hidden><td style={{ height: first * ROW_PIXELS }} /></tr>}
      {rows.slice(first, end).map((row, index) => (
        <tr
          key={keyOf(row)}
          role="row"
          aria-rowindex={many ? first + index + 2 : undefined}
          className={cx("border-b border-line bg-card last:border-0 hover:bg-paper", stacked && "max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:gap-y-2 max-sm:px-4 max-sm:py-3")}
        >
          {columns.map((column, place) =>
            place ? (
              <td key={column.name} role="cell" className={look(column)}>{column.cell(row)}</td>
            ) : (
              <th key={column.name} role="rowheader" scope="row" className={cx(look(column), "font-normal")}>{column.cell(row)}</th>
            ),
          )}
        </tr>
      ))}
      {end < rows.length && <tr aria-hidden><td style={{ height: (rows.length - end) * ROW_PIXELS }} /></tr>}
    </tbody>
  );
}
