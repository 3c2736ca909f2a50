import { useState, type KeyboardEvent, type PointerEvent } from "react";
import { cx } from "@/lib/cx";

export type Course = { name: string; values: readonly (number | null)[]; tone: "accent" | "good" | "warn" | "bad" };
type Props = {
  title: string;
  /** When each value was, RFC 3339, oldest first; steps of which nothing is known are left out. */
  times: readonly string[];
  /** The whole span, so that plots beside each other compare. */
  since: string;
  until: string;
  stepMilliseconds: number;
  courses: readonly Course[];
  format: (value: number) => string;
  inWords: (time: string) => string;
  /** Said instead of a plot when there is nothing. */
  nothing: string;
};
const TONES = { accent: "text-accent", good: "text-good", warn: "text-warn", bad: "text-bad" };
const WIDTH = 1000;
const HEIGHT = 100;

/** Courses over time with a scale; the pointer, or arrow keys, read single values. */
export function Chart({ title, times, since, until, stepMilliseconds, courses, format, inWords, nothing }: Props) {
  const [picked, setPicked] = useState<number | null>(null);
  const start = Date.parse(since);
  const span = Math.max(Date.parse(until) - start - stepMilliseconds, 1);
  const places = times.map((time) => Math.min(1, Math.max(0, (Date.parse(time) - start) / span)) * WIDTH);
  const greatest = Math.max(0, ...courses.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const at = picked !== null && picked < times.length ? picked : null;
  function follow(event: PointerEvent) {
    const box = event.currentTarget.getBoundingClientRect();
    setPicked(nearest(places, ((event.clientX - box.left) / box.width) * WIDTH));
  }
  function step(event: KeyboardEvent) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || !times.length) return;
    event.preventDefault();
    setPicked(Math.min(times.length - 1, Math.max(0, (at ?? times.length) + by)));
  }
  return (
    <figure className="grid min-w-0 gap-2">
      <figcaption className="flex flex-wrap items-baseline gap-x-2.5 gap-y-1">
        <span className="w-full font-medium">{title}</span>
        {courses.map(({ name, values, tone }) => (
          <span key={name} className="flex items-center gap-1.5 text-xs text-soft">
            <span aria-hidden className={cx("h-0.5 w-3 rounded-full bg-current", TONES[tone])} />
            {name}
            {at !== null && <span className="font-medium text-ink tabular-nums">{said(values[at], format)}</span>}
          </span>
        ))}
      </figcaption>
      {times.length === 0 ? (
        <p className="grid h-40 place-items-center rounded-lg bg-code px-4 text-center text-sm text-soft">{nothing}</p>
      ) : (
        <div
          role="group"
          aria-label={title}
          tabIndex={0}
          onKeyDown={step}
          onPointerMove={follow}
          onPointerLeave={() => { setPicked(null); }}
          onBlur={() => { setPicked(null); }}
          className="grid touch-pan-y grid-cols-[auto_minmax(0,1fr)] gap-x-2 rounded-lg text-xs text-soft tabular-nums"
        >
          <div aria-hidden className="flex h-40 flex-col justify-between text-right">
            <span>{format(greatest)}</span>
            <span>{format(0)}</span>
          </div>
          <svg role="img" aria-label={summary(title, courses, format)} viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} preserveAspectRatio="none" className="h-40 w-full overflow-visible border-y border-line">
            <line x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} className="text-line" stroke="currentColor" vectorEffect="non-scaling-stroke" />
            {courses.map(({ name, values, tone }) => (
              <Drawn key={name} tone={tone} {...paths(times, places, values, greatest, stepMilliseconds)} />
            ))}
            {at !== null && <line x1={places[at]} x2={places[at]} y1="0" y2={HEIGHT} className="text-edge" stroke="currentColor" vectorEffect="non-scaling-stroke" />}
          </svg>
          <div className="col-span-2 flex justify-between gap-4 pt-1.5">
            {at === null ? <><span>{inWords(since)}</span><span className="text-right">{inWords(until)}</span></> : <span aria-live="polite">{inWords(times[at] ?? since)}</span>}
          </div>
        </div>
      )}
    </figure>
  );
}

function said(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}

/** What a reader of screens hears: the greatest and the last value of each. */
function summary(title: string, courses: readonly Course[], format: (value: number) => string): string {
  const parts = courses.map(({ name, values }) => {
    const known = values.filter((value) => value !== null);
    return `${name}: at most ${said(known.length ? Math.max(...known) : null, format)}, last ${said(values.at(-1), format)}`;
  });
  return `${title}. ${parts.join("; ")}`;
}

function nearest(places: readonly number[], wanted: number): number {
  let best = 0;
  places.forEach((place, index) => {
    if (Math.abs(place - wanted) < Math.abs((places[best] ?? 0) - wanted)) best = index;
  });
  return best;
}

function Drawn({ tone, line, dots }: { tone: Course["tone"]; line: string; dots: string }) {
  const shared = { fill: "none", stroke: "currentColor", strokeLinecap: "round", strokeLinejoin: "round", vectorEffect: "non-scaling-stroke" } as const;
  return (
    <g className={TONES[tone]}>
      <path d={line} strokeWidth="1.75" {...shared} />
      <path d={dots} strokeWidth="6" {...shared} />
    </g>
  );
}

/** SVG paths: a line that breaks where nothing is known, and dots for values without neighbours. */
export function paths(times: readonly string[], places: readonly number[], values: readonly (number | null)[], greatest: number, stepMilliseconds: number) {
  const runs: string[][] = [];
  let last = -Infinity;
  values.forEach((value, index) => {
    if (value === null) return;
    const time = Date.parse(times[index] ?? "");
    if (time - last > stepMilliseconds * 1.5) runs.push([]);
    runs.at(-1)?.push(`${(places[index] ?? 0).toFixed(1)} ${(HEIGHT - (value / (greatest || 1)) * HEIGHT).toFixed(2)}`);
    last = time;
  });
  return {
    line: runs.filter((run) => run.length > 1).map((run) => `M${run.join("L")}`).join(""),
    // A line of no length, which round ends make a dot.
    dots: runs.filter((run) => run.length === 1).map((run) => `M${run.join("")}l0 0`).join(""),
  };
}
