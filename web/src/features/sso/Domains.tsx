import { useState } from "react";
import { may } from "@/api/session";
import type { DomainView, Membership } from "@/api/types";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Confirm } from "@/components/ui/Confirm";
import { Copyable } from "@/components/ui/Copyable";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { Fact, Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Status } from "@/components/ui/Status";
import { sso } from "@/messages";
import { DomainRules } from "./DomainRules";
import { useClaim, useDomains, useGiveUp, useVerify } from "./queries";

const t = sso.domains;

export function Domains({ account }: { account: Membership }) {
  const { data: domains, error, refetch } = useDomains(account.accountId);
  const manages = may(account, "domain:manage");
  return (
    <Panel title={t.title} lead={t.lead}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!domains && !error && <Skeleton className="h-5" />}
      {domains?.length === 0 && <p className="text-soft">{t.none}</p>}
      {domains?.map((one) => <Domain key={one.domain} accountId={account.accountId} domain={one} manages={manages} />)}
      {domains && manages && <Claim accountId={account.accountId} />}
    </Panel>
  );
}

function Claim({ accountId }: { accountId: string }) {
  const [domain, setDomain] = useState("");
  const claim = useClaim(accountId);
  return (
    <form
      noValidate
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (domain.trim()) claim.mutate(domain.trim(), { onSuccess: (made) => { setDomain(""); toast(t.claimed(made.domain)); } });
      }}
    >
      <div className="flex flex-wrap items-start gap-2">
        <div className="min-w-0 flex-1 basis-56">
          <Field label={t.domain} hint={t.domainHint}>
            <Input autoComplete="off" autoCapitalize="none" spellCheck={false} value={domain} onChange={(event) => { setDomain(event.target.value); }} />
          </Field>
        </div>
        <Button type="submit" className="mt-[1.6875rem]" busy={claim.isPending}>{t.claim}</Button>
      </div>
      {claim.error && <ErrorNotice error={claim.error} />}
    </form>
  );
}

function Domain({ accountId, domain, manages }: { accountId: string; domain: DomainView; manages: boolean }) {
  const { domain: name, verified, failingSince, recordName, recordValue } = domain;
  return (
    <article aria-label={name} className="grid gap-3 rounded-lg border border-line p-4">
      <div className="flex flex-wrap items-center gap-3">
        <span className="font-medium">{name}</span>
        <span className="flex-1">
          {failingSince ? <Status tone="bad">{t.failing}</Status> : <Status tone={verified ? "good" : "warn"}>{verified ? t.verified : t.open}</Status>}
        </span>
        {manages && <Actions accountId={accountId} domain={domain} />}
      </div>
      {failingSince && <Notice tone="bad">{t.failingText}</Notice>}
      {(!verified || failingSince) && (
        <>
          <p className="text-soft">{t.record}</p>
          <dl className="grid gap-3 sm:grid-cols-2">
            <Fact name={t.recordName}><Copyable text={recordName} what={t.recordName} /></Fact>
            <Fact name={t.recordValue}><Copyable text={recordValue} what={t.recordValue} /></Fact>
          </dl>
        </>
      )}
      {verified && <DomainRules accountId={accountId} domain={domain} manages={manages} />}
    </article>
  );
}

function Actions({ accountId, domain: { domain, verified, failingSince } }: { accountId: string; domain: DomainView }) {
  const [open, setOpen] = useState(false);
  const verify = useVerify(accountId);
  const giveUp = useGiveUp(accountId, () => { setOpen(false); toast(t.removed(domain)); });
  return (
    <>
      {(!verified || failingSince) && (
        <Button size="small" look="first" aria-label={t.verifyOf(domain)} busy={verify.isPending} onClick={() => { verify.mutate(domain, { onSuccess: () => { toast(t.nowVerified(domain)); } }); }}>
          {t.verify}
        </Button>
      )}
      <Button size="small" look="bare" aria-label={t.removeOf(domain)} onClick={() => { giveUp.reset(); setOpen(true); }}>{t.remove}</Button>
      {verify.error && <div className="basis-full"><ErrorNotice error={verify.error} /></div>}
      <Confirm
        title={`${t.removeOf(domain)}?`}
        action={t.remove}
        open={open}
        busy={giveUp.isPending}
        error={giveUp.error}
        onClose={() => { setOpen(false); }}
        onConfirm={() => { giveUp.mutate(domain); }}
      >
        {t.removeText}
      </Confirm>
    </>
  );
}
