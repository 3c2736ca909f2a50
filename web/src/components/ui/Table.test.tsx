import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Table } from "./Table";

const COLUMNS = [{ name: "name", label: "Name", cell: (row: number) => `row ${String(row)}` }];
const rows = (many: number) => Array.from({ length: many }, (_, index) => index);
const shown = (many: number) => render(<Table label="All" columns={COLUMNS} rows={rows(many)} keyOf={String} />);

test("of ten thousand rows only those in sight exist, and readers of screens are told of all", () => {
  shown(10_000);
  expect(screen.getAllByRole("rowheader").length).toBeLessThan(100);
  expect(screen.getByRole("rowheader", { name: "row 0" }).closest("tr")?.getAttribute("aria-rowindex")).toBe("2");
  expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("10001");
});

test("of a hundred all exist, to be found by the browser's own search", () => {
  shown(100);
  expect(screen.getAllByRole("rowheader").length).toBe(100);
});
