const NAME = "reloaded";

/** Load the page anew, but only once in this tab while it is the same `build`: if that did not help, doing it again will not. */
export function reloadOnce(build: string): void {
  try {
    if (sessionStorage.getItem(NAME) === build) return;
    sessionStorage.setItem(NAME, build);
  } catch {
    // Who cannot remember would do it for ever; the page offers a button.
    return;
  }
  location.reload();
}
