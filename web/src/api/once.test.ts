import { afterEach, expect, test, vi } from "vitest";
import { fetchOnce } from "./once";

afterEach(() => { vi.unstubAllGlobals(); });

const created = () => new Request("http://plane.test/api/v1/accounts", { method: "POST", body: '{"name":"a"}' });

test("what is asked again after a lost answer is the same creation, and after an answer another one", async () => {
  const keys: (string | null)[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    keys.push(request.headers.get("idempotency-key"));
    return keys.length === 1 ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve(new Response());
  });
  await expect(fetchOnce(created())).rejects.toThrow(TypeError);
  await fetchOnce(created());
  await fetchOnce(created());
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});
