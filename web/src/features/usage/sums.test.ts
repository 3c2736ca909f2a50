import { expect, test } from "vitest";
import type { EnvironmentDay } from "@/api/types";
import { byDay, byEnvironment, months } from "./sums";

const day = (environmentId: string, at: string, requests: number, storageBytes: number | null): EnvironmentDay => ({
  environmentId, name: environmentId, destroyed: false, at, requests, errors: 1, p50Ms: null, p99Ms: null,
  invocations: 2 * requests, completedInvocations: requests, failedAttempts: 0, engineSeconds: 60, storageBytes,
});
const DAYS = [day("a", "2027-01-01", 1, 10), day("b", "2027-01-01", 5, null), day("a", "2027-01-02", 2, 30), day("b", "2027-01-02", 7, 5)];

test("environments: counts add up, storage is the most of a day, the busiest comes first", () => {
  expect(byEnvironment(DAYS).map(({ name, requests, invocations, storageBytes }) => [name, requests, invocations, storageBytes])).toEqual([
    ["b", 12, 24, 5],
    ["a", 3, 6, 30],
  ]);
});

test("days: everything adds up, what is unknown is left out", () => {
  expect(byDay(DAYS).map(({ at, requests, storageBytes }) => [at, requests, storageBytes])).toEqual([["2027-01-01", 6, 10], ["2027-01-02", 9, 35]]);
});

test("months go back over the new year, in UTC", () => {
  expect(months(new Date("2027-02-01T00:30:00Z"), 3)).toEqual(["2027-02", "2027-01", "2026-12"]);
});
