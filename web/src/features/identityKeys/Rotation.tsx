import { Check } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { EnvironmentPage } from "@/components/section";
import { LookOnly } from "@/components/Permitted";
import { useUrlState } from "@/components/useUrlState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Notice } from "@/components/ui/Notice";
import { Panel } from "@/components/ui/Page";
import { Steps } from "@/components/ui/Steps";
import { cx } from "@/lib/cx";
import { identityKeys, operations } from "@/messages";
import { Deployments } from "./Deployments";
import { refusals, useChecks, useRestart, useRotation, type Keys } from "./queries";
import { RotationActions } from "./RotationActions";
import { AskFirst, type Question } from "./AskFirst";

const t = identityKeys.rotation;
type Props = EnvironmentPage & { keys: Keys };

/** Where one is follows from the keys there are, so a page that is opened later goes on at the same place. */
function stepOf({ next, previous }: Keys): number {
  if (previous) return 3;
  return next ? 1 : 0;
}

export function Rotation({ account, environment, keys }: Props) {
  const [operationId, setOperation] = useUrlState("operation");
  const [question, ask] = useState<Question | null>(null);
  const rotation = useRotation(environment);
  const restart = useRestart(environment, operationId);
  const checks = useChecks(environment);
  const step = restart.underWay && !keys.next ? 2 : stepOf(keys);
  const refused = refusals(rotation.change.error);
  const error = [rotation.publish, rotation.check, rotation.change, rotation.rollBack, rotation.finish, rotation.discard].find((one) => one.error)?.error;
  return (
    <Panel title={t.title} lead={t.lead}>
      <LookOnly account={account} permission="identity_key:manage" />
      <ol className="grid gap-2">
        {(["publish", "give", "switch", "finish"] as const).map((name, index) => (
          <Step key={name} number={index + 1} done={index < step} now={index === step}>
            {t.steps[name]}
          </Step>
        ))}
      </ol>
      {step === 1 && <p className="text-pretty text-soft">{t.give}</p>}
      {checks.data && checks.data.length > 0 && step > 0 && <Deployments checks={checks.data} keys={keys} />}
      {checks.data?.length === 0 && rotation.check.isSuccess && <Notice>{t.noDeployments}</Notice>}
      {restart.data && <Steps told steps={restart.data.steps} />}
      {restart.data?.error && <Notice tone="bad">{restart.data.error}</Notice>}
      {restart.data?.status === "SUCCEEDED" && <Notice tone="good">{operations.succeeded}</Notice>}
      {refused.length > 0 && <Refused deployments={refused} />}
      {error && refused.length === 0 && <ErrorNotice error={error} />}
      <RotationActions account={account} keys={keys} rotation={rotation} busy={restart.underWay} checked={(checks.data?.length ?? 0) > 0} force={refused.length > 0} ask={ask} />
      <AskFirst question={question} keys={keys} rotation={rotation} onOperation={setOperation} onClose={() => { ask(null); }} />
    </Panel>
  );
}

function Step({ number, done, now, children }: { number: number; done: boolean; now: boolean; children: ReactNode }) {
  return (
    <li className={cx("flex items-center gap-3", !done && !now && "text-soft")} aria-current={now ? "step" : undefined}>
      <span className={cx("grid size-6 shrink-0 place-items-center rounded-full text-sm font-medium", done ? "bg-good-back text-good" : now ? "bg-fill text-white" : "bg-code")}>
        {done ? <Check size={14} strokeWidth={3} aria-label={operations.done} /> : number}
      </span>
      <span className={now ? "font-medium" : ""}>{children}</span>
    </li>
  );
}

function Refused({ deployments }: { deployments: { uri: string; message: string }[] }) {
  return (
    <Notice tone="bad">
      {t.refused}
      <ul className="mt-1 grid gap-1 text-sm">
        {deployments.map(({ uri, message }) => (
          <li key={uri}>
            <code>{uri}</code>: {message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
