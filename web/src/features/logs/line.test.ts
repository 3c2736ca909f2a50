import { expect, test } from "vitest";
import { around, parsed } from "./line";

const view = (line: string) =>
  `{"at":"2026-11-20T14:53:27.317Z","unixNanos":1795186407317496123,"level":"WARN","source":"engine","line":${JSON.stringify(line)}}`;

test("the engine's own JSON is taken apart; nanoseconds stay exact", () => {
  const said = { fields: { message: "Query failed", attempts: 3 }, target: "restate_admin", span: { name: "run", partition_id: "0" } };
  const line = parsed(view(JSON.stringify(said)), "1");
  expect(line.message).toBe("Query failed");
  expect(line.exact).toBe("2026-11-20T14:53:27.317496123Z");
  expect(line.details).toEqual([["attempts", "3"], ["target", "restate_admin"], ["partition_id", "0"], ["span", "run"]]);
});

test("a line with an error and no message says the error", () => {
  expect(parsed(view(JSON.stringify({ fields: { error: "[META0003] refused" } })), "1").message).toBe("[META0003] refused");
});

test.each(["plain words", "{not json", "{}"])("a line that is no such JSON is shown as it is: %s", (said) => {
  expect(parsed(view(said), "1").message).toBe(said);
});

test("a permalink shows the minute before and after; nonsense in an address shows nothing", () => {
  expect(around("2026-11-20T14:53:27.317496123Z")).toEqual({ since: "2026-11-20T14:52:27.317Z", until: "2026-11-20T14:54:27.317Z" });
  expect(around("yesterday-ish")).toBeNull();
});
