import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { usePersonName } from "@/api/people";
import type { ApiKeyView } from "@/api/types";
import { LookOnly, PermittedButton } from "@/components/Permitted";
import type { EnvironmentPage } from "@/components/section";
import { toast } from "@/components/toast";
import { Confirm } from "@/components/ui/Confirm";
import { EmptyState } from "@/components/ui/EmptyState";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Table, type Column } from "@/components/ui/Table";
import { apiKeys as t } from "@/messages";
import { CreateKey } from "./CreateKey";
import { Created, Expiry, LastUsed, Name, Role, Rules } from "./cells";
import { useApiKeys, useRevokeApiKey } from "./queries";

export default function ApiKeysPage({ account, environment }: EnvironmentPage) {
  const { items, error, refetch, more, loadingMore } = useApiKeys(environment);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKeyView | null>(null);
  const person = usePersonName(account);
  const columns = useMemo(
    (): Column<ApiKeyView>[] => [
      { name: "key", label: t.columns.key, cell: (row) => <Name apiKey={row} /> },
      { name: "role", label: t.columns.role, cell: (row) => <Role apiKey={row} /> },
      { name: "rules", label: t.columns.restrictions, cell: (row) => <Rules apiKey={row} />, wide: true },
      { name: "expires", label: t.columns.expires, cell: (row) => <Expiry apiKey={row} />, wide: true },
      { name: "used", label: t.columns.used, cell: (row) => <LastUsed apiKey={row} />, wide: true },
      { name: "created", label: t.columns.created, cell: (row) => <Created apiKey={row} by={person(row.createdBy)} />, wide: true },
      {
        name: "revoke",
        label: "",
        align: "end",
        cell: (row) => (
          <PermittedButton account={account} permission="api_key:revoke" size="small" aria-label={t.revoke.label(nameOf(row))} onClick={() => { setRevoking(row); }}>
            {t.revoke.action}
          </PermittedButton>
        ),
      },
    ],
    [account, person],
  );
  const create = (
    <PermittedButton account={account} permission="api_key:create" look="first" onClick={() => { setCreating(true); }}>
      <Plus size={16} aria-hidden /> {t.new}
    </PermittedButton>
  );
  return (
    <Page title={t.title} lead={t.lead} actions={items?.length ? create : undefined}>
      <LookOnly account={account} permission="api_key:create" />
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!items && !error && <Skeleton className="h-36 rounded-xl" />}
      {items?.length === 0 && (
        <EmptyState icon={KeyRound} title={t.empty.title} action={create}>
          {t.empty.text}
        </EmptyState>
      )}
      {items && items.length > 0 && (
        <Table stacked label={t.title} columns={columns} rows={items} keyOf={(row) => row.keyId} more={more} loadingMore={loadingMore} />
      )}
      <CreateKey environment={environment} open={creating} onClose={() => { setCreating(false); }} />
      <RevokeKey environment={environment} apiKey={revoking} onClose={() => { setRevoking(null); }} />
    </Page>
  );
}

function nameOf({ description, lastFour }: ApiKeyView): string {
  return description || t.endsWith(lastFour);
}

type Revoking = { environment: EnvironmentPage["environment"]; apiKey: ApiKeyView | null; onClose: () => void };

function RevokeKey({ environment, apiKey, onClose }: Revoking) {
  const revoke = useRevokeApiKey(environment);
  const name = apiKey ? nameOf(apiKey) : "";
  const close = () => {
    revoke.reset();
    onClose();
  };
  const confirm = () => {
    if (!apiKey) return;
    revoke.mutate(apiKey.keyId, { onSuccess: () => { toast(t.revoke.done(name)); close(); } });
  };
  return (
    <Confirm title={t.revoke.title(name)} action={t.revoke.action} open={apiKey !== null} busy={revoke.isPending} error={revoke.error} onConfirm={confirm} onClose={close}>
      {t.revoke.text}
    </Confirm>
  );
}
