// The JSON API as the pages call it.

const BASE = "/api/v1";

/** A refusal: `status`, `code`, `message` (the API's own sentence), `details`, `requestId`. Status 0: no answer. */
export class Refusal extends Error {
  constructor(status, body, requestId) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.details = body.details ?? {};
    this.requestId = requestId;
  }
}

/** The decoded answer, null when it is empty. `key` makes a repeated creation the same one. Throws `Refusal`. */
export async function call(method, path, body, key) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  let answer;
  try {
    answer = await fetch(BASE + path, { method, headers, body: JSON.stringify(body) });
  } catch {
    throw new Refusal(0, { code: "unreachable", message: "The plane cannot be reached. Try again in a moment." }, null);
  }
  const content = await decoded(answer);
  if (answer.ok) return content;
  throw new Refusal(answer.status, content ?? {}, answer.headers.get("x-request-id"));
}

async function decoded(answer) {
  const text = await answer.text();
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return { code: "no_json", message: `Something in between answered with status ${answer.status}. Try again in a moment.` };
  }
}

/** A new Idempotency-Key; `crypto.randomUUID` is missing where the plane has no TLS. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
