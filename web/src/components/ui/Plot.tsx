import { cx } from "@/lib/cx";

const WIDTH = 100;
const HEIGHT = 32;

type Values = readonly (number | null)[];

/**
 * The course of `values`, evenly spaced, from 0 at the bottom to the greatest at the top, as an SVG path. Where nothing
 * is known it goes on from the last value that is.
 */
function path(values: Values): { line: string; area: string } {
  const greatest = Math.max(...values.map((value) => value ?? 0), 0) || 1;
  const step = WIDTH / Math.max(values.length - 1, 1);
  const known = values.flatMap((value, index) => (value === null ? [] : [{ x: (index * step).toFixed(2), y: (HEIGHT - (value / greatest) * HEIGHT).toFixed(2) }]));
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last) return { line: "", area: "" };
  const line = `M${known.map(({ x, y }) => `${x} ${y}`).join("L")}l0 0`;
  return { line, area: `${line}V${String(HEIGHT)}H${first.x}Z` };
}

/** A small curve without axes; `label` says in words what it shows. */
export function Sparkline({ values, label, className }: { values: Values; label: string; className?: string }) {
  const { line, area } = path(values);
  return (
    <svg role="img" aria-label={label} viewBox={`0 -2 ${String(WIDTH)} ${String(HEIGHT + 4)}`} preserveAspectRatio="none" className={cx("h-8 w-24 text-accent", className)}>
      {values.length > 1 && (
        <>
          <path d={area} fill="currentColor" opacity="0.12" />
          <path d={line} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
        </>
      )}
    </svg>
  );
}
