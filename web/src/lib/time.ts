const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const SHORT_ZONE = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** `20 Nov 2026, 14:05:09 CET`: the viewer's own zone, always named. */
export function inWords(moment: string): string {
  const time = new Date(moment);
  const zone = SHORT_ZONE.formatToParts(time).find((part) => part.type === "timeZoneName")?.value ?? ZONE;
  return `${FULL.format(time)} ${zone}`;
}

/** `3 minutes ago`, `in 2 days`; below a minute `now`. */
export function relative(moment: string, now: number = Date.now()): string {
  const seconds = (new Date(moment).getTime() - now) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.trunc(seconds / length), unit);
  }
  return "now";
}

/** `850 ms`, `1.4 s`, `2 min 5 s`, of a length in milliseconds. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${String(Math.max(0, Math.round(milliseconds)))} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
}
