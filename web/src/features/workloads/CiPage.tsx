import { GitBranch, Plus } from "lucide-react";
import { useState } from "react";
import type { WorkloadRuleView } from "@/api/types";
import { LookOnly, PermittedButton } from "@/components/Permitted";
import type { EnvironmentPage } from "@/components/section";
import { toast } from "@/components/toast";
import { CodeTabs } from "@/components/ui/CodeTabs";
import { Confirm } from "@/components/ui/Confirm";
import { Copyable } from "@/components/ui/Copyable";
import { Dialog } from "@/components/ui/Dialog";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Fact, Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { workloads as t } from "@/messages";
import { CreateRule } from "./CreateRule";
import { useDeleteRule, useRules, useVouch } from "./queries";
import { Rules } from "./Rules";
import { snippets } from "./snippets";

export default function CiPage({ account, environment }: EnvironmentPage) {
  const { items, error, refetch, more, loadingMore } = useRules(environment);
  const [creating, setCreating] = useState(false);
  const [used, use] = useState<WorkloadRuleView | null>(null);
  const [deleted, remove] = useState<WorkloadRuleView | null>(null);
  const vouch = useVouch(environment);
  const create = (
    <PermittedButton account={account} permission="workload_rule:manage" look="first" onClick={() => { setCreating(true); }}>
      <Plus size={16} aria-hidden /> {t.new}
    </PermittedButton>
  );
  return (
    <Page title={t.title} lead={t.lead} actions={items?.length ? create : undefined}>
      <LookOnly account={account} permission="workload_rule:manage" />
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {vouch.error && <ErrorNotice error={vouch.error} />}
      {!items && !error && <Skeleton className="h-44 rounded-xl" />}
      {items?.length === 0 && (
        <EmptyState icon={GitBranch} title={t.empty.title} action={create}>
          {t.empty.text}
        </EmptyState>
      )}
      {items && items.length > 0 && (
        <Rules
          account={account}
          rules={items}
          more={more}
          loadingMore={loadingMore}
          onUse={use}
          onDelete={remove}
          onVouch={(rule) => { vouch.mutate(rule, { onSuccess: () => { toast(t.vouched(rule.name)); } }); }}
        />
      )}
      <CreateRule environment={environment} open={creating} onClose={() => { setCreating(false); }} />
      <UseRule rule={used} onClose={() => { use(null); }} />
      <DeleteRule environment={environment} rule={deleted} onClose={() => { remove(null); }} />
    </Page>
  );
}

type OfRule = { rule: WorkloadRuleView | null; onClose: () => void };

function UseRule({ rule, onClose }: OfRule) {
  return (
    <Dialog title={t.snippet.title(rule?.name ?? "")} open={rule !== null} onClose={onClose} wide>
      {rule && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          <p className="text-soft">{t.snippet.lead}</p>
          <dl>
            <Fact name={t.snippet.audience}>
              <Copyable text={rule.audience} what={t.snippet.audience} />
            </Fact>
          </dl>
          <CodeTabs label={t.snippet.tabs} samples={snippets(rule.provider, { plane: location.origin, environmentId: rule.environmentId, audience: rule.audience })} />
        </div>
      )}
    </Dialog>
  );
}

function DeleteRule({ environment, rule, onClose }: OfRule & Pick<EnvironmentPage, "environment">) {
  const remove = useDeleteRule(environment);
  const name = rule?.name ?? "";
  const close = () => {
    remove.reset();
    onClose();
  };
  const confirm = () => {
    if (rule) remove.mutate(rule.ruleId, { onSuccess: () => { toast(t.remove.done(name)); close(); } });
  };
  return (
    <Confirm title={t.remove.title(name)} action={t.remove.action} open={rule !== null} busy={remove.isPending} error={remove.error} onConfirm={confirm} onClose={close}>
      {t.remove.text}
    </Confirm>
  );
}
