import { Store } from "@/lib/store";

export type Toast = { id: number; text: string; warns: boolean };
export const toasts = new Store<Toast[]>([]);
const STAYS_MILLISECONDS = 6000;
let last = 0;

/** Say that something was done. Errors are no toasts: they stay where they happened. */
export function toast(text: string): void {
  const id = put(text, false);
  setTimeout(() => { dismiss(id); }, STAYS_MILLISECONDS);
}

/** For the rare error that has no place of its own; it stays until it is dismissed. */
export function warn(text: string): void {
  put(text, true);
}

function put(text: string, warns: boolean): number {
  const id = (last += 1);
  toasts.set([...toasts.get(), { id, text, warns }]);
  return id;
}

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id));
}
