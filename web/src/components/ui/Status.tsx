import { cx } from "@/lib/cx";
import type { Tone } from "./Notice";

const TONES: Record<Tone, string> = {
  plain: "bg-code text-soft",
  good: "bg-good-back text-good",
  warn: "bg-warn-back text-warn",
  bad: "bg-bad-back text-bad",
};

export function Badge({ children, tone = "plain" }: { children: string; tone?: Tone }) {
  return <span className={cx("rounded-full px-2 py-px text-xs font-medium whitespace-nowrap", TONES[tone])}>{children}</span>;
}

/** A badge with a dot; the dot breathes while things are under way. */
export function Status({ children, tone, moving = false }: { children: string; tone: Tone; moving?: boolean }) {
  return (
    <span className={cx("inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-sm font-medium whitespace-nowrap", TONES[tone])}>
      <span aria-hidden className={cx("size-1.5 rounded-full bg-current", moving && "animate-pulse")} />
      {children}
    </span>
  );
}
