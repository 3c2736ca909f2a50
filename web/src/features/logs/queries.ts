import { answered, client } from "@/api/client";
import type { Environment, Level, Source } from "@/api/types";

export type Wanted = { since: string; until: string; level: string; text: string; source: string };
export const MOST_LINES = 10_000;
const FIRST_LIVE_LINES = 1000;

function query(wanted: Wanted) {
  return {
    since: wanted.since,
    ...(wanted.until && { until: wanted.until }),
    ...(wanted.level && { level: wanted.level as Level }),
    ...(wanted.text && { text: wanted.text }),
    ...(wanted.source && { source: wanted.source as Source }),
  };
}

type Answer = { stream: ReadableStream<Uint8Array> | null };

/** The lines of a window, oldest first, as JSON lines. */
export async function readWindow({ accountId, environmentId }: Environment, wanted: Wanted, signal: AbortSignal): Promise<Answer> {
  const stream = await answered(
    client.GET("/api/v1/accounts/{accountId}/environments/{environmentId}/logs", {
      params: { path: { accountId, environmentId }, query: { ...query(wanted), limit: MOST_LINES } },
      parseAs: "stream",
      signal,
    }),
  );
  return { stream: stream as ReadableStream<Uint8Array> | null };
}

/** The last lines and then new ones as they come, as server-sent events; goes on behind the event `after`. */
export async function follow(
  { accountId, environmentId }: Environment,
  wanted: Wanted,
  after: string,
  signal: AbortSignal,
): Promise<Answer> {
  const stream = await answered(
    client.GET("/api/v1/accounts/{accountId}/environments/{environmentId}/logs", {
      params: { path: { accountId, environmentId }, query: { ...query(wanted), limit: FIRST_LIVE_LINES, follow: true } },
      ...(after && { headers: { "last-event-id": after } }),
      parseAs: "stream",
      signal,
    }),
  );
  return { stream: stream as ReadableStream<Uint8Array> | null };
}

/** Where the browser itself fetches the same lines as a file. */
export function downloadAddress({ accountId, environmentId }: Environment, wanted: Wanted): string {
  const search = new URLSearchParams({ ...query(wanted), limit: String(MOST_LINES) });
  return `/api/v1/accounts/${accountId}/environments/${environmentId}/logs?${search.toString()}`;
}
