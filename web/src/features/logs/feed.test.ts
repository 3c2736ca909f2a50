import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Environment } from "@/api/types";
import { Feed } from "./feed";

const ENVIRONMENT = { accountId: "acc_1", environmentId: "env_1" } as Environment;
const LIVE = { since: "1h", until: "", level: "", text: "", source: "" };
const PATIENCE = { timeout: 20_000 };
let asked: Request[] = [];
let answers: (() => Response)[] = [];
const fetching = globalThis.fetch;

/** An answer of these events; then the connection ends, as when the plane is started anew. */
function events(...said: string[]): Response {
  return new Response(said.join(""), { headers: { "content-type": "text/event-stream" } });
}
const line = (id: number) =>
  `id: ${String(id)}\ndata: {"at":"2026-01-01T12:00:00.000Z","unixNanos":1767268800000000000,"level":"INFO","source":"engine","line":"line ${String(id)}"}\n\n`;
const END = 'event: end\ndata: {"code":"unauthenticated","message":"Your session is over. Sign in again."}\n\n';

beforeEach(() => {
  asked = [];
  globalThis.fetch = (input) => {
    asked.push(input as Request);
    return Promise.resolve((answers.shift() ?? (() => events(END)))());
  };
});
afterEach(() => { globalThis.fetch = fetching; });

const said = (feed: Feed) => feed.shown.get().lines.map(({ message }) => message);

test("a log that broke off goes on behind its last line, and says in words why it ends", async () => {
  answers = [() => events(line(1), line(2)), () => events(line(3), END)];
  const feed = new Feed();
  const stop = feed.start(ENVIRONMENT, LIVE);
  await vi.waitFor(() => { expect(feed.shown.get().state).toBe("over"); }, PATIENCE);
  expect(asked.map((request) => request.headers.get("last-event-id"))).toEqual([null, "2"]);
  expect(said(feed)).toEqual(["line 1", "line 2", "line 3"]);
  expect(feed.shown.get().end).toBe("Your session is over. Sign in again.");
  stop();
});

test("while it is paused lines are counted and not shown; none is lost", async () => {
  answers = [() => events(line(1), line(2), END)];
  const feed = new Feed();
  feed.pause(true);
  const stop = feed.start(ENVIRONMENT, LIVE);
  await vi.waitFor(() => { expect(feed.shown.get().waiting).toBe(2); }, PATIENCE);
  expect(said(feed)).toEqual([]);
  feed.pause(false);
  expect(said(feed)).toEqual(["line 1", "line 2"]);
  stop();
});

test("too many who follow are told so, and it is tried again", async () => {
  const body = { code: "too_many_followers", message: "You follow 10 logs already. Close one.", details: {} };
  answers = [() => Response.json(body, { status: 429 }), () => events(line(1), END)];
  const feed = new Feed();
  const stop = feed.start(ENVIRONMENT, LIVE);
  await vi.waitFor(() => { expect(feed.shown.get().error?.message).toBe(body.message); }, PATIENCE);
  await vi.waitFor(() => { expect(feed.shown.get().end).not.toBeNull(); }, PATIENCE);
  expect(feed.shown.get().error).toBeNull();
  expect(said(feed)).toEqual(["line 1"]);
  stop();
});

test("another refusal ends it with the API's words", async () => {
  const body = { code: "permission_denied", message: "Your role does not permit log:read.", details: {} };
  answers = [() => Response.json(body, { status: 403 })];
  const feed = new Feed();
  const stop = feed.start(ENVIRONMENT, LIVE);
  await vi.waitFor(() => { expect(feed.shown.get().error?.message).toBe(body.message); }, PATIENCE);
  expect(asked).toHaveLength(1);
  stop();
});
