import { LookOnly, PermittedButton } from "@/components/Permitted";
import { showFieldErrors, useSchemaForm } from "@/components/form";
import type { EnvironmentPage } from "@/components/section";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Panel } from "@/components/ui/Page";
import { SkeletonLines } from "@/components/ui/Skeleton";
import { z } from "@/lib/zod";
import { services } from "@/messages";
import { usePreflight } from "./queries";
import { Tried } from "./Tried";

const t = services.lambda.doctor;
const schema = z.object({ arn: z.string().trim(), assumeRoleArn: z.string().trim() });

/** Tries a function with its invoker role before it is registered. */
export function LambdaDoctor({ account, environment }: EnvironmentPage) {
  const form = useSchemaForm(schema, { arn: "", assumeRoleArn: "" });
  const preflight = usePreflight(environment);
  const { errors } = form.formState;
  const send = form.handleSubmit((values) => {
    preflight.mutate({ ...values, useHttp11: false }, { onError: (error) => showFieldErrors(form, error) });
  });
  const said = preflight.error && Object.keys(errors).length === 0 ? preflight.error : null;
  return (
    <Panel title={t.title} lead={t.lead}>
      <LookOnly account={account} permission="service:preflight" />
      <form noValidate onSubmit={(event) => void send(event)} className="grid max-w-2xl grid-cols-[minmax(0,1fr)] gap-4">
        <Field label={t.arn} hint={t.arnHint} error={errors.arn?.message}>
          <Input autoComplete="off" spellCheck={false} className="font-mono" placeholder="arn:aws:lambda:…" {...form.register("arn")} />
        </Field>
        <Field label={t.role} error={errors.assumeRoleArn?.message}>
          <Input autoComplete="off" spellCheck={false} className="font-mono" placeholder="arn:aws:iam::…:role/Invoker" {...form.register("assumeRoleArn")} />
        </Field>
        {said && <ErrorNotice error={said} />}
        <div>
          <PermittedButton account={account} permission="service:preflight" type="submit" look="first" busy={preflight.isPending}>
            {t.submit}
          </PermittedButton>
        </div>
      </form>
      {preflight.isPending && <SkeletonLines lines={4} />}
      {preflight.data && <Tried result={preflight.data} asked={preflight.variables} />}
    </Panel>
  );
}
