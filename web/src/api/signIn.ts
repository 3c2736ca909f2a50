/** Leave for the sign-in page, which is the server's, and come back to this very address. Never returns. */
export function signIn(): Promise<never> {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  return new Promise(() => undefined);
}

/** Where somebody who is signed in shows once more that it is them, and comes back here. */
export function signInAgain(): string {
  return `/login?again=1&next=${encodeURIComponent(location.pathname + location.search)}`;
}
