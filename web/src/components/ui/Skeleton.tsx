import { cx } from "@/lib/cx";
import { common } from "@/messages";

/** The place of something that is still coming, as large as it will be. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cx("skeleton block h-4", className)} />;
}

/** A page or a panel that is still coming: a heading and some lines. */
export function SkeletonLines({ lines = 3 }: { lines?: number }) {
  return (
    <div role="status" className="grid gap-3">
      <span className="sr-only">{common.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} className={index % 3 === 2 ? "w-2/3" : "w-full"} />
      ))}
    </div>
  );
}
