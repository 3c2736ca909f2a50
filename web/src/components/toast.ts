import { Store } from "@/lib/store";

export type Toast = { id: number; text: string };
export const toasts = new Store<Toast[]>([]);
const STAYS_MILLISECONDS = 6000;
let last = 0;

/** Say that something was done. Errors are no toasts: they stay where they happened. */
export function toast(text: string): void {
  const id = (last += 1);
  toasts.set([...toasts.get(), { id, text }]);
  setTimeout(() => { dismiss(id); }, STAYS_MILLISECONDS);
}

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id));
}
