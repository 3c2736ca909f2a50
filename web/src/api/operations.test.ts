import { QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { operationQuery } from "./operations";
import { newQueryClient } from "./queries";

afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals(); });

/** How often it is asked for within ten seconds. */
async function asked(answer: () => Response): Promise<number> {
  vi.useFakeTimers();
  const ask = vi.fn(() => Promise.resolve(answer()));
  vi.stubGlobal("fetch", ask);
  const end = new QueryObserver(newQueryClient(), operationQuery("op_1")).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(10_000);
  end();
  return ask.mock.calls.length;
}

test("one that is over, or that there is not, is not asked for again; one under way is", async () => {
  expect(await asked(() => Response.json({ status: "SUCCEEDED" }))).toBe(1);
  expect(await asked(() => Response.json({ code: "operation_not_found", message: "No." }, { status: 404 }))).toBe(1);
  expect(await asked(() => Response.json({ status: "RUNNING" }))).toBeGreaterThan(5);
});
