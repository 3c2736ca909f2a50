const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const BRIEF = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
const SHORT_ZONE = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "always" });
// `yesterday` says more than `1 day ago`, `next month` less than `in 1 month`.
const OF_DAYS = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** The name of the viewer's own time zone, such as `Europe/Berlin`. */
export function zone(): string {
  return ZONE;
}

/** `20 Nov 2026, 14:05:09 CET`: the viewer's own zone, always named. */
export function inWords(moment: string): string {
  const time = new Date(moment);
  const zone = SHORT_ZONE.formatToParts(time).find((part) => part.type === "timeZoneName")?.value ?? ZONE;
  return `${FULL.format(time)} ${zone}`;
}

/** `20 Nov, 14:05 CET`, for places with little room. */
export function moment(time: string): string {
  return BRIEF.format(new Date(time));
}

/** `3 minutes ago`, `in 7 days`, of what is to come the nearest; below a minute `just now` or `in under a minute`. */
export function relative(moment: string, now: number = Date.now()): string {
  const seconds = (new Date(moment).getTime() - now) / 1000;
  for (const [unit, length] of UNITS) {
    const words = unit === "day" ? OF_DAYS : RELATIVE;
    if (seconds <= -length) return words.format(Math.trunc(seconds / length), unit);
    // What was set for seven days is seven days away, though a second has passed since.
    if (seconds >= length * 0.99) return words.format(Math.round(seconds / length), unit);
  }
  return seconds > 0 ? "in under a minute" : "just now";
}

export function isPast(moment: string, now: number = Date.now()): boolean {
  return new Date(moment).getTime() <= now;
}

/** `850 ms`, `1.4 s`, `2 min 5 s`, of a length in milliseconds. */
export function duration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 1) return "< 1 ms";
  if (milliseconds < 1000) return `${String(Math.max(0, Math.round(milliseconds)))} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

/** `20 Nov, 14:05:09.123`, for columns below which the zone is said. */
export function toTheMillisecond(moment: string): string {
  return CLOCK.format(new Date(moment));
}

/** The viewer's zone: `Europe/Berlin (CET)`. */
export function zoneName(moment: string = new Date().toISOString()): string {
  const short = SHORT_ZONE.formatToParts(new Date(moment)).find((part) => part.type === "timeZoneName")?.value ?? ZONE;
  return short === ZONE ? ZONE : `${ZONE} (${short})`;
}

/** What `<input type="datetime-local">` holds for a moment, in the viewer's zone; empty for none. */
export function asLocalInput(moment: string): string {
  const time = new Date(moment);
  if (Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The moment that `<input type="datetime-local">` holds; empty for none. */
export function fromLocalInput(value: string): string {
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}
