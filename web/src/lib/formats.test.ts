import { expect, test } from "vitest";
import { bytes, count } from "./numbers";
import { duration, inWords, relative } from "./time";

const NOON = "2026-11-20T12:00:00Z";

test.each([
  [-30, "just now"],
  [-60, "1 minute ago"],
  [-7199, "1 hour ago"],
  [-86_400, "yesterday"],
  [172_800, "in 2 days"],
  [604_790, "in 7 days"],
  [2_592_000, "in 1 month"],
  [20, "in under a minute"],
])("a moment %i seconds from now is %j", (seconds, words) => {
  expect(relative(new Date(Date.parse(NOON) + seconds * 1000).toISOString(), Date.parse(NOON))).toBe(words);
});

test.each([
  [0, "0 ms"],
  [1449, "1.4 s"],
  [125_000, "2 min 5 s"],
])("%i ms last %j", (milliseconds, words) => {
  expect(duration(milliseconds)).toBe(words);
});

test("a time names its zone", () => {
  expect(inWords(NOON)).toMatch(/20 Nov 2026, \d\d:\d\d:\d\d \S+/);
});

test("numbers have separators and units", () => {
  expect([count(12_345), bytes(10 * 1024 * 1024), bytes(1536)]).toEqual(["12,345", "10 MiB", "1.5 KiB"]);
});
