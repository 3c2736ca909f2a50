import { useState, type KeyboardEvent, type PointerEvent } from "react";
import { cx } from "@/lib/cx";
import { bars, HEIGHT, paths, WIDTH } from "./draw";

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
  /** For counts of few steps: a bar for each instead of a line, the later courses in front of the first. */
  asBars?: boolean;
};
const TONES = { accent: "text-accent", good: "text-good", warn: "text-warn", bad: "text-bad" };

/** Courses over time with a scale; the pointer, or arrow keys, read single values. */
export function Chart({ title, times, since, until, stepMilliseconds, courses, format, inWords, nothing, asBars = false }: Props) {
  const [picked, setPicked] = useState<number | null>(null);
  const start = Date.parse(since);
  // A line begins and ends at the edges, a bar stands in the middle of its step.
  const span = Math.max(Date.parse(until) - start - (asBars ? 0 : stepMilliseconds), 1);
  const middle = asBars ? stepMilliseconds / 2 : 0;
  const places = times.map((time) => Math.min(1, Math.max(0, (Date.parse(time) - start + middle) / span)) * WIDTH);
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
      <figcaption className="flex min-h-[2.625rem] flex-wrap content-start items-baseline gap-x-2.5 gap-y-1">
        <span className="w-full font-medium">{title}</span>
        {/* The title alone says what a single course is. */}
        {(courses.length > 1 || at !== null) && courses.map(({ name, values, tone }) => (
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
            {courses.map(({ name, values, tone }, index) =>
              asBars ? (
                <path key={name} d={bars(places, values, greatest, (stepMilliseconds / span) * WIDTH)} className={TONES[tone]} fill="currentColor" opacity={index ? 1 : 0.75} />
              ) : (
                <Drawn key={name} tone={tone} filled={index === 0} {...paths(times, places, values, greatest, stepMilliseconds)} />
              ),
            )}
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

function Drawn({ tone, filled, line, area, dots }: { tone: Course["tone"]; filled: boolean; line: string; area: string; dots: string }) {
  const shared = { fill: "none", stroke: "currentColor", strokeLinecap: "round", strokeLinejoin: "round", vectorEffect: "non-scaling-stroke" } as const;
  return (
    <g className={TONES[tone]}>
      {filled && <path d={area} fill="currentColor" opacity="0.1" />}
      <path d={line} strokeWidth="1.75" {...shared} />
      <path d={dots} strokeWidth="6" {...shared} />
    </g>
  );
}
