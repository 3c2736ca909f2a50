export type Difference = { field: string; before: string; after: string };

/** What an event says of a change: its fields that differ, and everything else that is known. */
export function difference(details: Record<string, unknown>): { changed: Difference[]; rest: [string, string][] } {
  const { before, after, ...others } = details;
  const rest = Object.entries(others).map(([name, value]): [string, string] => [name, text(value)]);
  if (before === undefined && after === undefined) return { changed: [], rest };
  const old = fields(before);
  const now = fields(after);
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const changed = names
    .map((field) => ({ field, before: text(old[field]), after: text(now[field]) }))
    .filter((one) => one.before !== one.after);
  return { changed, rest };
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return { "": value };
}

/** Empty for what is not there. */
function text(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
