import type { EnvironmentDay } from "@/api/types";

export type Sum = Pick<EnvironmentDay, "requests" | "errors" | "invocations" | "completedInvocations" | "failedAttempts" | "engineSeconds" | "storageBytes">;
export type EnvironmentSum = Sum & Pick<EnvironmentDay, "environmentId" | "name" | "destroyed">;
export type DaySum = Sum & Pick<EnvironmentDay, "at">;

const NOTHING: Sum = { requests: 0, errors: 0, invocations: 0, completedInvocations: 0, failedAttempts: 0, engineSeconds: 0, storageBytes: null };

/** Counts add up; of storage, `storage` says how two numbers become one. */
function added(a: Sum, b: Sum, storage: (a: number, b: number) => number): Sum {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    invocations: a.invocations + b.invocations,
    completedInvocations: a.completedInvocations + b.completedInvocations,
    failedAttempts: a.failedAttempts + b.failedAttempts,
    engineSeconds: a.engineSeconds + b.engineSeconds,
    storageBytes: a.storageBytes === null ? b.storageBytes : b.storageBytes === null ? a.storageBytes : storage(a.storageBytes, b.storageBytes),
  };
}

/** One for each environment, the busiest first: of its days, the most it stored. */
export function byEnvironment(days: readonly EnvironmentDay[]): EnvironmentSum[] {
  const sums = new Map<string, EnvironmentSum>();
  for (const day of days) {
    const { environmentId, name, destroyed } = day;
    sums.set(environmentId, { environmentId, name, destroyed, ...added(sums.get(environmentId) ?? NOTHING, day, Math.max) });
  }
  return [...sums.values()].sort((a, b) => b.requests - a.requests || a.name.localeCompare(b.name));
}

/** One for each day, oldest first: what all environments stored together. */
export function byDay(days: readonly EnvironmentDay[]): DaySum[] {
  const sums = new Map<string, DaySum>();
  for (const day of days) sums.set(day.at, { at: day.at, ...added(sums.get(day.at) ?? NOTHING, day, (a, b) => a + b) });
  return [...sums.values()].sort((a, b) => a.at.localeCompare(b.at));
}

/** `now`'s month and those before it, as `2027-01`, in UTC. */
export function months(now: Date, many: number): string[] {
  return Array.from({ length: many }, (_, back) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7));
}
