import { LookOnly, PermittedButton } from "@/components/Permitted";
import { showFieldErrors, useSchemaForm } from "@/components/form";
import type { EnvironmentPage } from "@/components/section";
import { Choice } from "@/components/ui/Choices";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input, Select } from "@/components/ui/Input";
import { Page, Panel } from "@/components/ui/Page";
import { SkeletonLines } from "@/components/ui/Skeleton";
import { z } from "@/lib/zod";
import { services } from "@/messages";
import { usePreflight, useOpenTunnels } from "./queries";
import { Tried } from "./Tried";

const t = services.tryIt;
const OTHER = "*";
const schema = z.object({ uri: z.string().trim(), tunnel: z.string(), tunnelName: z.string().trim(), useHttp11: z.boolean() });

export default function TryServicePage({ account, environment }: EnvironmentPage) {
  const form = useSchemaForm(schema, { uri: "", tunnel: "", tunnelName: "", useHttp11: false });
  const preflight = usePreflight(environment);
  const open = useOpenTunnels(environment).data ?? [];
  const tunnel = form.watch("tunnel");
  const { errors } = form.formState;
  const send = form.handleSubmit((values) => {
    const tunnelName = values.tunnel === OTHER ? values.tunnelName : values.tunnel;
    preflight.mutate(
      { uri: values.uri, useHttp11: values.useHttp11, ...(tunnelName ? { tunnelName } : {}) },
      { onError: (error) => showFieldErrors(form, error) },
    );
  });
  const said = preflight.error && Object.keys(errors).length === 0 ? preflight.error : null;
  return (
    <Page title={t.title} lead={t.lead}>
      <LookOnly account={account} permission="service:preflight" />
      <form noValidate onSubmit={(event) => void send(event)} className="panel grid max-w-2xl grid-cols-[minmax(0,1fr)] gap-4 p-5">
        <Field label={t.url} hint={t.urlHint} error={errors.uri?.message}>
          <Input type="url" inputMode="url" autoComplete="off" spellCheck={false} placeholder="https://service.example.com" {...form.register("uri")} />
        </Field>
        <div className="flex flex-wrap gap-4">
          <Field label={t.tunnel}>
            <Select {...form.register("tunnel")}>
              <option value="">{t.noTunnel}</option>
              {open.map((name) => (
                <option key={name}>{name}</option>
              ))}
              <option value={OTHER}>{t.other}</option>
            </Select>
          </Field>
          {tunnel === OTHER && (
            <Field label={t.tunnelName} hint={t.tunnelNameHint} error={errors.tunnelName?.message}>
              <Input autoComplete="off" spellCheck={false} {...form.register("tunnelName")} />
            </Field>
          )}
        </div>
        <Choice type="checkbox" label={t.http11} text={t.http11Text} {...form.register("useHttp11")} />
        {said && <ErrorNotice error={said} />}
        <div>
          <PermittedButton account={account} permission="service:preflight" type="submit" look="first" busy={preflight.isPending}>
            {t.submit}
          </PermittedButton>
        </div>
      </form>
      {(preflight.isPending || preflight.data) && (
        <Panel title={preflight.variables.uri ?? ""}>
          {preflight.data ? <Tried result={preflight.data} asked={preflight.variables} /> : <SkeletonLines lines={4} />}
        </Panel>
      )}
    </Page>
  );
}
