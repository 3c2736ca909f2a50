const NAME = "reloaded";

/**
 * Load the page anew, but only once in this tab while it is the same `build`: if that did not help, doing it again will
 * not. Where the plane does not answer the page stays: the browser's own page of errors knows no way back.
 */
export async function reloadOnce(build: string): Promise<void> {
  try {
    if (sessionStorage.getItem(NAME) === build) return;
    sessionStorage.setItem(NAME, build);
  } catch {
    // Who cannot remember would do it for ever; the page offers a button.
    return;
  }
  if (await answers()) location.reload();
  else sessionStorage.removeItem(NAME);
}

/** Whether this page could be had now. */
export async function answers(): Promise<boolean> {
  return globalThis.fetch(location.href, { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok, () => false);
}
