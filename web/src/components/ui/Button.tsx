import type { ButtonHTMLAttributes, Ref } from "react";
import { cx } from "@/lib/cx";

export type Look = "first" | "quiet" | "bare" | "danger";
const SHAPE =
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-lg border font-medium whitespace-nowrap transition-colors disabled:opacity-55";
const SIZES = { normal: "h-9 px-3.5 text-base", small: "h-8 px-2.5 text-sm", square: "size-9", squareSmall: "size-8" };
const LOOKS: Record<Look, string> = {
  first: "border-transparent bg-fill text-white not-disabled:hover:bg-fill-over",
  quiet: "border-rim bg-card shadow-low not-disabled:hover:bg-over",
  bare: "border-transparent text-soft not-disabled:hover:bg-over not-disabled:hover:text-ink",
  danger: "border-transparent bg-danger text-white not-disabled:hover:brightness-110",
};

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: Look;
  size?: keyof typeof SIZES;
  /** Shown as under way; further presses do nothing. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
};

/** The classes of a button, for links that look like one. */
export function buttonLook(look: Look = "quiet", size: keyof typeof SIZES = "normal"): string {
  return cx(SHAPE, SIZES[size], LOOKS[look]);
}

export function Button({ look = "quiet", size = "normal", busy = false, className, onClick, children, ...rest }: Props) {
  return (
    <button
      type="button"
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      className={cx(buttonLook(look, size), busy && "animate-pulse", className)}
      onClick={busy ? (event) => { event.preventDefault(); } : onClick}
      {...rest}
    >
      {children}
    </button>
  );
}
