/** Leave for the sign-in page, which is the server's, and come back to this very address. Never returns. */
export function signIn(): Promise<never> {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  return new Promise(() => undefined);
}
