import type { LucideIcon } from "lucide-react";
import { useEffect } from "react";
import { Store } from "@/lib/store";

export type Command = { id: string; title: string; group: string; icon: LucideIcon; run: () => void };
type Entry = { owner: object; commands: Command[] };
const entries = new Store<Entry[]>([]);
export const registry = entries;

/** Offer commands in the command menu while this component is there. Keep `commands` the same between renders (useMemo). */
export function useCommands(commands: Command[]): void {
  useEffect(() => {
    const owner = {};
    entries.set([...entries.get(), { owner, commands }]);
    return () => { entries.set(entries.get().filter((one) => one.owner !== owner)); };
  }, [commands]);
}

/** Those whose title or group has every word of `text`; titles that begin with it first. */
export function matching(commands: Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter(({ title, group }) => words.every((word) => `${title} ${group}`.toLowerCase().includes(word)));
  const first = words[0] ?? "";
  return found.sort((a, b) => Number(b.title.toLowerCase().startsWith(first)) - Number(a.title.toLowerCase().startsWith(first)));
}
