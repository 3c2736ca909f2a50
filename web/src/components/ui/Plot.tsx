import { cx } from "@/lib/cx";

const WIDTH = 100;
const HEIGHT = 32;

/** The course of `values`, evenly spaced, from 0 at the bottom to the greatest at the top, as an SVG path. */
export function path(values: readonly number[], width = WIDTH, height = HEIGHT): string {
  const greatest = Math.max(...values, 0) || 1;
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .map((value, index) => `${index ? "L" : "M"}${(index * step).toFixed(2)} ${(height - (value / greatest) * height).toFixed(2)}`)
    .join("");
}

/** A small curve without axes; `label` says in words what it shows. */
export function Sparkline({ values, label, className }: { values: readonly number[]; label: string; className?: string }) {
  const line = path(values);
  return (
    <svg role="img" aria-label={label} viewBox={`0 -2 ${String(WIDTH)} ${String(HEIGHT + 4)}`} preserveAspectRatio="none" className={cx("h-8 w-24 text-accent", className)}>
      {values.length > 1 && (
        <>
          <path d={`${line}L${String(WIDTH)} ${String(HEIGHT)}L0 ${String(HEIGHT)}Z`} fill="currentColor" opacity="0.12" />
          <path d={line} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
        </>
      )}
    </svg>
  );
}
