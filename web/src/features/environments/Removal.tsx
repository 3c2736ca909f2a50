import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { PermittedButton } from "@/components/Permitted";
import type { EnvironmentPage } from "@/components/section";
import { toast } from "@/components/toast";
import { useStillHere } from "@/components/useUrlState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Panel } from "@/components/ui/Page";
import { Time } from "@/components/ui/Time";
import { TypedConfirm } from "@/components/ui/TypedConfirm";
import { environments } from "@/messages";
import { useDelete, useRestore } from "./changes";

const t = environments.settings;
type Props = EnvironmentPage & { follow: (operationId: string) => void };

/** Delete it; once deleted, bring it back or destroy it. */
export function Removal(props: Props) {
  return props.environment.status === "DELETED" ? <Deleted {...props} /> : <Living {...props} />;
}

function Living({ account, environment, follow }: Props) {
  const [asking, ask] = useState(false);
  const remove = useDelete(environment, ({ operationId }) => { ask(false); follow(operationId); });
  return (
    <Panel
      title={t.remove.title}
      lead={t.remove.lead}
      actions={<PermittedButton account={account} permission="environment:delete" look="danger" onClick={() => { remove.reset(); ask(true); }}>{t.remove.action}</PermittedButton>}
    >
      <TypedConfirm title={t.remove.title} name={environment.name} action={t.remove.action} open={asking} busy={remove.isPending} error={remove.error} onConfirm={() => { remove.mutate(false); }} onClose={() => { ask(false); }}>
        {t.remove.text(environment.name)}
      </TypedConfirm>
    </Panel>
  );
}

function Deleted({ account, environment, follow }: Props) {
  const restore = useRestore(environment, ({ operationId }) => { follow(operationId); });
  const { purgeAt } = environment;
  return (
    <Panel
      title={t.restore.title}
      lead={purgeAt && <>{t.restore.until} <Time at={purgeAt} />.</>}
      actions={
        <div className="flex flex-wrap gap-2">
          <Purge account={account} environment={environment} />
          <PermittedButton
            account={account}
            permission="environment:delete"
            look="first"
            busy={restore.isPending}
            onClick={() => { restore.mutate(); }}
          >
            {t.restore.action}
          </PermittedButton>
        </div>
      }
    >
      {restore.error && <ErrorNotice error={restore.error} />}
    </Panel>
  );
}

function Purge({ account, environment }: EnvironmentPage) {
  const [asking, ask] = useState(false);
  const navigate = useNavigate();
  const isStillHere = useStillHere();
  const { accountId, name } = environment;
  const purge = useDelete(environment, () => {
    toast(t.purge.done(name));
    if (isStillHere()) void navigate({ to: "/accounts/$accountId/environments", params: { accountId } });
  });
  return (
    <>
      <PermittedButton account={account} permission="environment:purge" onClick={() => { purge.reset(); ask(true); }}>{t.purge.action}</PermittedButton>
      <TypedConfirm title={t.purge.title} name={name} action={t.purge.action} open={asking} busy={purge.isPending} error={purge.error} onConfirm={() => { purge.mutate(true); }} onClose={() => { ask(false); }}>
        {t.purge.text(name)}
      </TypedConfirm>
    </>
  );
}
