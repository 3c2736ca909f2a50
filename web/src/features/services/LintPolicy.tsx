import { useState } from "react";
import type { EnvironmentPage } from "@/components/section";
import { Button } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { TextArea } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { Panel } from "@/components/ui/Page";
import { services } from "@/messages";
import { Findings } from "./Findings";
import { useLint } from "./queries";

const t = services.lambda.lint;

/** Judges a trust policy that somebody pasted; everybody who sees the environment may. */
export function LintPolicy({ environment }: EnvironmentPage) {
  const [policy, setPolicy] = useState("");
  const lint = useLint(environment);
  return (
    <Panel title={t.title} lead={t.lead}>
      <form
        noValidate
        className="grid grid-cols-[minmax(0,1fr)] gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          lint.mutate(policy);
        }}
      >
        <Field label={t.policy}>
          <TextArea rows={8} spellCheck={false} className="font-mono" value={policy} onChange={(event) => { setPolicy(event.target.value); }} />
        </Field>
        {lint.error && <ErrorNotice error={lint.error} />}
        <div>
          <Button type="submit" disabled={policy.trim() === ""} busy={lint.isPending}>
            {t.submit}
          </Button>
        </div>
      </form>
      {lint.data?.ok && <Notice tone="good">{services.checks.ok}</Notice>}
      {lint.data && <Findings checks={lint.data.checks} />}
    </Panel>
  );
}
