const NAME = "reloaded";

/** The page's own script: that of another build has another name. */
const build = () => document.querySelector<HTMLScriptElement>("script[type=module]")?.src ?? "";

/**
 * Load the page anew, but only once in this tab while it is the same build: if that did not help, doing it again will
 * not. Where the plane does not answer the page stays: the browser's own page of errors knows no way back.
 */
async function reloadOnce(): Promise<boolean> {
  try {
    if (sessionStorage.getItem(NAME) === build()) return false;
    sessionStorage.setItem(NAME, build());
  } catch {
    // Who cannot remember would do it for ever; the page offers a button.
    return false;
  }
  const here = await answers();
  if (here) location.reload();
  else sessionStorage.removeItem(NAME);
  return here;
}

/**
 * For `lazy`: after an update the scripts of a page that is still open are gone, and the page loaded anew knows the new
 * names. Only for whoever goes there: who is about to may have typed something where they are.
 */
export function arriving<Script>(load: () => Promise<Script>): () => Promise<Script> {
  return () =>
    load().catch(async (error: unknown) => {
      if (await reloadOnce()) await new Promise<never>(() => undefined);
      throw error;
    });
}

/** Whether this page could be had now. */
export async function answers(): Promise<boolean> {
  return globalThis.fetch(location.href, { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok, () => false);
}
