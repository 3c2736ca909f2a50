import createClient from "openapi-fetch";
import { refusal, unreachable } from "./errors";
import { fetchOnce } from "./once";
import type { paths } from "./schema.gen";
import { signIn } from "./signIn";

/** The plane's API, typed from openapi.json. The browser adds the session cookie; no token ever comes here. */
export const client = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "" : location.origin,
  fetch: fetchOnce,
});

type Answering<Data> = Promise<{ data?: Data; error?: unknown; response: Response }>;

/**
 * The body of the answer: `await answered(client.GET("/api/v1/accounts"))`. Throws `ApiError` for everything else;
 * whoever is not signed in goes to the sign-in page and comes back here.
 */
export async function answered<Data>(asking: Answering<Data>): Promise<Data> {
  const { data, error, response } = await asking.catch(() => {
    throw unreachable();
  });
  if (response.ok) return data as Data;
  if (response.status === 401) await signIn();
  throw refusal(response, error);
}

