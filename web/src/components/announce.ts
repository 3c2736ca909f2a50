import { Store } from "@/lib/store";

/** What readers of screens hear of besides what they read: which page one has come to. */
export const announcement = new Store("");

export function announce(text: string): void {
  announcement.set(text);
}
