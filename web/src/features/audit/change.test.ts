import { expect, test } from "vitest";
import { difference } from "./change";

test("only what differs is a difference; what appears or goes is one", () => {
  const details = { before: { role: "viewer", name: "a", old: 1 }, after: { role: "admin", name: "a", fresh: [1] }, by: "x" };
  expect(difference(details)).toEqual({
    changed: [
      { field: "role", before: "viewer", after: "admin" },
      { field: "old", before: "1", after: "" },
      { field: "fresh", before: "", after: "[1]" },
    ],
    rest: [["by", "x"]],
  });
});

test("single values are compared, too, and events without a change have none", () => {
  expect(difference({ before: "viewer", after: "admin" }).changed).toEqual([{ field: "", before: "viewer", after: "admin" }]);
  expect(difference({ name: "dev", count: 2 })).toEqual({ changed: [], rest: [["name", "dev"], ["count", "2"]] });
});
