import type { ApiKeyView, Restrictions } from "@/api/types";
import { count } from "@/lib/numbers";
import { apiKeys as t } from "@/messages";

/** Each restriction of a key as a few words. */
export function inWords(restrictions: ApiKeyView["restrictions"]): string[] {
  const given = (restrictions ?? {}) as Restrictions;
  const words: string[] = [];
  if (given.services) words.push(t.words.services(given.services.join(", ")));
  if (given.handlers) words.push(t.words.handlers(given.handlers.join(", ")));
  if (given.objectKeys) words.push(t.words.objectKeys(given.objectKeys.join(", ")));
  if (given.methods) words.push(t.words.methods(given.methods.join(", ")));
  if (given.networks) words.push(t.words.networks(given.networks.join(", ")));
  if (given.requestsPerSecond) words.push(t.words.requestsPerSecond(count(given.requestsPerSecond)));
  if (given.readOnly) words.push(t.words.readOnly);
  return words;
}
