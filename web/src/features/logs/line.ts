import type { Level, LineView, Source } from "@/api/types";

export type Line = {
  /** Its own in the list it is in. */
  key: string;
  at: string;
  /** With all nine digits, which a number would not hold: `2026-01-01T12:00:00.123456789Z`. */
  exact: string;
  level: Level;
  source: Source;
  message: string;
  /** What else the engine said with it: `fields`, `target`, the identifiers of its spans. */
  details: [string, string][];
  /** As the API sent it, for downloads. */
  json: string;
};

/** One line of the API's answer. The engine's own line in it is JSON, or plain text from before its logging started. */
export function parsed(json: string, key: string): Line {
  const view = JSON.parse(json) as LineView;
  const nanos = /"unixNanos":\s*(\d+)/.exec(json)?.[1] ?? "";
  const said = structured(view.line);
  const { message, ...fields } = withMessage(said?.fields ?? {});
  const details = Object.entries({ ...fields, ...(said?.target ? { target: said.target } : {}), ...spanFields(said) });
  return {
    key,
    at: view.at,
    exact: `${view.at.slice(0, 19)}.${nanos.slice(-9) || view.at.slice(20, -1)}Z`,
    level: view.level,
    source: view.source,
    message: message === undefined ? view.line : text(message),
    details: details.map(([name, value]) => [name, text(value)]),
    json,
  };
}

type Structured = { fields?: Record<string, unknown>; target?: string; span?: Record<string, unknown> };

function structured(line: string): Structured | null {
  if (!line.startsWith("{")) return null;
  try {
    return JSON.parse(line) as Structured;
  } catch {
    return null;
  }
}

/** Some lines have an error in the place of a message. */
function withMessage(fields: Record<string, unknown>): Record<string, unknown> {
  if (fields.message !== undefined || fields.error === undefined) return fields;
  const { error, ...rest } = fields;
  return { ...rest, message: error };
}

function spanFields(said: Structured | null): Record<string, unknown> {
  const { name, ...rest } = said?.span ?? {};
  return name === undefined ? rest : { ...rest, span: name };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A minute around the moment that a permalink names, in milliseconds exact; null when it names none. */
export function around(exact: string): { since: string; until: string } | null {
  const moment = Date.parse(exact);
  if (Number.isNaN(moment)) return null;
  return { since: new Date(moment - 60_000).toISOString(), until: new Date(moment + 60_000).toISOString() };
}
