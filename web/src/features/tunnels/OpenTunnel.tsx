import { useState } from "react";
import type { EnvironmentPage } from "@/components/section";
import { CodeBlock } from "@/components/ui/Copyable";
import { Field } from "@/components/ui/Field";
import { Input, Select } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { Panel } from "@/components/ui/Page";
import { tunnels } from "@/messages";
import { commands, isPort, NAME, type Version } from "./commands";

const t = tunnels.start;

/** The commands with this environment's values; one that would not work is not shown. */
export function OpenTunnel({ environment }: Pick<EnvironmentPage, "environment">) {
  const secure = environment.proxyBaseUrl.startsWith("https:") || location.protocol === "https:";
  const [version, setVersion] = useState<Version>(secure ? "newer" : "older");
  const [name, setName] = useState("laptop");
  const [port, setPort] = useState("9080");
  const named = NAME.test(name);
  const wellKnown = isPort(port);
  const lines = commands(version, name, port, new URL(environment.proxyBaseUrl).port);
  return (
    <Panel title={t.title} lead={t.lead}>
      <div className="grid gap-4 sm:grid-cols-3">
        <Field label={t.version}>
          <Select className="w-full" value={version} onChange={(event) => { setVersion(event.target.value as Version); }}>
            <option value="newer">{t.newer}</option>
            <option value="older">{t.older}</option>
          </Select>
        </Field>
        <Field label={t.name} hint={t.nameHint} error={named ? undefined : t.nameHint}>
          <Input autoComplete="off" spellCheck={false} value={name} onChange={(event) => { setName(event.target.value); }} />
        </Field>
        <Field label={t.port} hint={t.portHint} error={wellKnown ? undefined : t.portHint}>
          <Input inputMode="numeric" autoComplete="off" value={port} onChange={(event) => { setPort(event.target.value); }} />
        </Field>
      </div>
      {version === "newer" && !secure && <Notice tone="warn">{t.secure}</Notice>}
      {named && wellKnown && (
        <ol className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <Line title={t.login} text={`rcloud login --url ${location.origin}\nrcloud env use ${environment.environmentId}`} />
          <Line title={t.open} text={lines.open} />
          <Line title={t.background} text={lines.background} />
          <Line title={t.register} text={lines.register} />
        </ol>
      )}
    </Panel>
  );
}

function Line({ title, text }: { title: string; text: string }) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-1.5">
      <span className="font-medium">{title}</span>
      <CodeBlock text={text} what={title} />
    </li>
  );
}
