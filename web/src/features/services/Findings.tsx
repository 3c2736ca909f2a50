import { Check, X } from "lucide-react";
import type { LintFinding, PreflightCheck } from "@/api/types";
import { cx } from "@/lib/cx";
import { services } from "@/messages";

const t = services.checks;

/** One line for each check: what was found, and where something is wrong what to change. */
export function Findings({ checks }: { checks: readonly (PreflightCheck | LintFinding)[] }) {
  return (
    <ul className="grid gap-3" aria-live="polite">
      {checks.map((check) => (
        <li key={check.name} className="flex items-start gap-3">
          <span className={cx("mt-0.5 grid size-5 shrink-0 place-items-center rounded-full", check.ok ? "bg-good-back text-good" : "bg-bad-back text-bad")}>
            {check.ok ? <Check size={13} strokeWidth={3} aria-label={t.passed} /> : <X size={13} strokeWidth={3} aria-label={t.failed} />}
          </span>
          <div className="min-w-0">
            <code className="font-mono text-sm text-soft">{check.name}</code>
            <p className="text-pretty">{check.message}</p>
            {"statement" in check && <Fix finding={check} />}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Fix({ finding: { ok, statement, fix } }: { finding: LintFinding }) {
  if (ok || (!fix && statement === null)) return null;
  return (
    <p className="mt-0.5 text-sm text-pretty text-soft">
      {statement !== null && <span className="font-medium">{t.statement(statement)}. </span>}
      {fix}
    </p>
  );
}
