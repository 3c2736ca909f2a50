/** Puts `text` into the clipboard; false where the browser permits it to nobody. `button`: which was pressed for it. */
export async function copy(text: string, button: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS there is no such clipboard. What is selected can be copied all the same; in a dialog, only what is in it.
    const held = Object.assign(document.createElement("textarea"), { value: text, readOnly: true, className: "sr-only" });
    button.after(held);
    held.focus({ preventScroll: true });
    held.select();
    const copied = document.execCommand("copy");
    held.remove();
    button.focus();
    return copied;
  }
}
