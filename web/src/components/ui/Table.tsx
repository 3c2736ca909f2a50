import type { ReactNode } from "react";
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
};
type Props<Row> = {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Loads the next page; null at the end. */
  more?: (() => void) | null;
  loadingMore?: boolean;
};

/** Rows of one kind. The first column names the row. For thousands of rows use VirtualList. */
export function Table<Row>({ label, columns, rows, keyOf, more, loadingMore = false }: Props<Row>) {
  const look = (column: Column<Row>) =>
    cx("px-4 py-2.5 first:pl-5 last:pr-5", column.align === "end" ? "text-right" : "text-left", column.wide && "max-md:hidden");
  return (
    <div className="panel overflow-hidden">
      <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
        <table className="w-full border-collapse">
          <thead>
            <tr className="border-b border-line text-sm text-soft">
              {columns.map((column) => (
                <th key={column.name} scope="col" className={cx(look(column), "font-medium whitespace-nowrap")}>
                  {column.label || <span className="sr-only">{common.actions}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)} className="border-b border-line last:border-0 hover:bg-over/50">
                {columns.map((column, index) =>
                  index ? (
                    <td key={column.name} className={look(column)}>{column.cell(row)}</td>
                  ) : (
                    <th key={column.name} scope="row" className={cx(look(column), "font-normal")}>{column.cell(row)}</th>
                  ),
                )}
              </tr>
            ))}
          </tbody>
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
