import { Plus } from "lucide-react";
import { useState } from "react";
import type { ConnectionView } from "@/api/types";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Confirm } from "@/components/ui/Confirm";
import { Copyable } from "@/components/ui/Copyable";
import { Dialog } from "@/components/ui/Dialog";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Fact, Panel } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Badge, Status } from "@/components/ui/Status";
import { common, sso } from "@/messages";
import { ConnectForm, EditForm } from "./ConnectionForm";
import { useChangeConnection, useConnections, useDisconnect } from "./queries";

const t = sso.connections;
type Props = { accountId: string | null; manages: boolean; title: string; lead?: string; none: string };

export function Connections({ accountId, manages, title, lead, none }: Props) {
  const { items, error, refetch, more, loadingMore } = useConnections(accountId);
  const [adding, setAdding] = useState(false);
  const close = () => { setAdding(false); };
  return (
    <Panel
      title={title}
      lead={lead}
      actions={manages && <Button look="first" onClick={() => { setAdding(true); }}><Plus size={16} aria-hidden /> {t.add}</Button>}
    >
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!items && !error && <Skeleton className="h-5.5 max-sm:h-10.5" />}
      {items?.length === 0 && <p className="text-soft">{none}</p>}
      {items?.map((one) => <Connection key={one.connectionId} accountId={accountId} connection={one} manages={manages} />)}
      {more && <Button busy={loadingMore} onClick={more}>{common.loadMore}</Button>}
      <Dialog title={sso.form.add} open={adding} onClose={close}>
        <ConnectForm accountId={accountId} onDone={close} />
      </Dialog>
    </Panel>
  );
}

function Connection({ accountId, connection, manages }: { accountId: string | null; connection: ConnectionView; manages: boolean }) {
  const { name, kind, issuer, enabled, redirectUri, startUrl } = connection;
  return (
    <article aria-label={name} className="grid gap-3 rounded-lg border border-line p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span className="font-medium">{name}</span>
        <Badge>{sso.form.kinds[kind]}</Badge>
        <span className="flex-1"><Status tone={enabled ? "good" : "plain"}>{enabled ? t.on : t.off}</Status></span>
        {manages && <Actions accountId={accountId} connection={connection} />}
      </div>
      <dl className="grid gap-3 sm:grid-cols-3">
        <Fact name={t.columns.issuer}><Copyable text={issuer} what={t.columns.issuer} /></Fact>
        <Fact name={t.redirectUri}><Copyable text={redirectUri} what={t.redirectUri} /></Fact>
        <Fact name={t.startUrl}><Copyable text={startUrl} what={t.startUrl} /></Fact>
      </dl>
    </article>
  );
}

function Actions({ accountId, connection }: { accountId: string | null; connection: ConnectionView }) {
  const { name, enabled } = connection;
  const [open, setOpen] = useState<"" | "edit" | "remove">("");
  const change = useChangeConnection(accountId);
  const close = () => { setOpen(""); };
  const remove = useDisconnect(accountId, () => { close(); toast(t.removed(name)); });
  const turn = () => {
    change.mutate(
      { connection, change: { enabled: !enabled } },
      { onSuccess: () => { toast(enabled ? t.turnedOff(name) : t.turnedOn(name)); } },
    );
  };
  return (
    <>
      <Button size="small" busy={change.isPending} aria-label={`${enabled ? t.turnOff : t.turnOn} ${name}`} onClick={turn}>{enabled ? t.turnOff : t.turnOn}</Button>
      <Button size="small" aria-label={t.editOf(name)} onClick={() => { setOpen("edit"); }}>{t.edit}</Button>
      <Button size="small" look="bare" aria-label={t.removeOf(name)} onClick={() => { remove.reset(); setOpen("remove"); }}>{t.remove}</Button>
      {change.error && <div className="basis-full"><ErrorNotice error={change.error} /></div>}
      <Dialog title={sso.form.edit(name)} open={open === "edit"} onClose={close}>
        <EditForm accountId={accountId} connection={connection} onDone={close} />
      </Dialog>
      <Confirm
        title={`${t.removeOf(name)}?`}
        action={t.remove}
        open={open === "remove"}
        busy={remove.isPending}
        error={remove.error}
        onClose={close}
        onConfirm={() => { remove.mutate(connection); }}
      >
        {t.removeText}
      </Confirm>
    </>
  );
}
