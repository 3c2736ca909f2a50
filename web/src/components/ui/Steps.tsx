import { Check, CircleDashed, X } from "lucide-react";
import type { StepView } from "@/api/types";
import { cx } from "@/lib/cx";
import { duration } from "@/lib/time";
import { operations } from "@/messages";

/** The steps of an operation: which one runs, and how long each took. `told`: as they happen, to readers of screens too. */
export function Steps({ steps, told = false }: { steps: StepView[]; told?: boolean }) {
  return (
    <>
      <ol className="grid gap-3">
        {steps.map((step) => (
          <li key={step.name} className="flex items-center gap-3" aria-current={step.status === "RUNNING" ? "step" : undefined}>
            <StepMark status={step.status} />
            <span className={cx(step.status === "PENDING" && "text-soft", step.status === "RUNNING" && "font-medium")}>
              {operations.step(step.name)}
            </span>
            <span className="ml-auto text-sm text-soft tabular-nums">{took(step)}</span>
          </li>
        ))}
      </ol>
      {told && <p role="status" className="sr-only">{news(steps)}</p>}
    </>
  );
}

/** Of the step that runs, or that ended last. */
function news(steps: StepView[]): string {
  const step = steps.find(({ status }) => status === "RUNNING") ?? steps.findLast(({ status }) => status !== "PENDING");
  if (!step) return "";
  const how = step.status === "RUNNING" ? operations.running : step.status === "SUCCEEDED" ? operations.done : operations.failed;
  return `${operations.step(step.name)}: ${how}`;
}

function StepMark({ status }: { status: StepView["status"] }) {
  const circle = "grid size-5 shrink-0 place-items-center rounded-full";
  if (status === "SUCCEEDED") return <span className={cx(circle, "bg-good-back text-good")}><Check size={13} strokeWidth={3} aria-label={operations.done} /></span>;
  if (status === "FAILED" || status === "CANCELLED") return <span className={cx(circle, "bg-bad-back text-bad")}><X size={13} strokeWidth={3} aria-label={operations.failed} /></span>;
  return <CircleDashed size={20} aria-hidden className={status === "RUNNING" ? "animate-spin text-accent" : "text-edge"} />;
}

function took(step: StepView): string {
  if (!step.startedAt || !step.endedAt) return "";
  // The clock's own step is a millisecond.
  return duration(new Date(step.endedAt).getTime() - new Date(step.startedAt).getTime() || 0.5);
}
