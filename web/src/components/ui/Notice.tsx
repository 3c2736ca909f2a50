import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

export type Tone = "plain" | "good" | "warn" | "bad";
const TONES: Record<Tone, string> = {
  plain: "bg-tint",
  good: "bg-good-back text-good",
  warn: "bg-warn-back text-warn",
  bad: "bg-bad-back text-bad",
};

/** A sentence that stands out, with what to do about it beside it. */
export function Notice({ tone = "plain", action, children }: { tone?: Tone; action?: ReactNode; children: ReactNode }) {
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={cx("flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg px-3.5 py-2.5", TONES[tone])}
    >
      <div className="min-w-0 flex-1 basis-60 text-pretty">{children}</div>
      {action}
    </div>
  );
}
