/** Changes that were asked for and not answered yet, each with its key. */
const unanswered = new Map<string, string>();

/**
 * `fetch` for the API. A change asked for again after its answer was lost carries the same Idempotency-Key: the API
 * does it once. `fetch` is looked up at each call, so that tests can stand in between.
 */
export async function fetchOnce(request: Request): Promise<Response> {
  if (request.method !== "POST") return globalThis.fetch(request);
  const asked = `${request.url} ${await request.clone().text()}`;
  const key = unanswered.get(asked) ?? newKey();
  unanswered.set(asked, key);
  request.headers.set("idempotency-key", key);
  const response = await globalThis.fetch(request);
  unanswered.delete(asked);
  return response;
}

/** `crypto.randomUUID` is missing where the plane has no TLS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
