import { afterEach, expect, test, vi } from "vitest";
import { answered, client } from "./client";
import type { ApiError } from "./errors";

afterEach(() => { vi.unstubAllGlobals(); });

function answering(response: () => Promise<Response>) {
  vi.stubGlobal("fetch", vi.fn(response));
}
const me = () => answered(client.GET("/api/v1/auth/me"));
const failure = () => me().then(() => undefined, (error: unknown) => error as ApiError);

test("a refusal keeps its words, its fields and its request id", async () => {
  const body = { code: "invalid_request", message: "No.", details: { errors: [{ field: "name", message: "must be shorter" }] } };
  answering(() => Promise.resolve(Response.json(body, { status: 422, headers: { "x-request-id": "req_1" } })));
  const error = await failure();
  expect(error).toMatchObject({ status: 422, code: "invalid_request", message: "No.", requestId: "req_1", passes: false });
  expect(error?.fields).toEqual([{ field: "name", message: "must be shorter" }]);
});

test("an answer that is not ours is an error one may try again", async () => {
  answering(() => Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502 })));
  expect(await failure()).toMatchObject({ status: 502, code: "internal_error", passes: true });
});

test("no answer at all says what goes on working", async () => {
  answering(() => Promise.reject(new TypeError("Failed to fetch")));
  expect(await failure()).toMatchObject({ status: 0, code: "unreachable", passes: true });
});
