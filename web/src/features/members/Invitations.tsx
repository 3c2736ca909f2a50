import { useState, type ReactNode } from "react";
import type { InvitationView, Membership } from "@/api/types";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Confirm } from "@/components/ui/Confirm";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Status } from "@/components/ui/Status";
import { Table, type Column } from "@/components/ui/Table";
import { RelativeTime } from "@/components/ui/Time";
import { cx } from "@/lib/cx";
import { members } from "@/messages";
import { useInvitations, useResend, useRevoke } from "./queries";

const t = members.invitations;

/**
 * Nothing while there is none: the way to the first one is the page's button. `children` come below, and are not shown
 * before it is known where, so that they do not move.
 */
export function Invitations({ account: { accountId }, children }: { account: Membership; children: ReactNode }) {
  const { items, error, refetch, more, loadingMore } = useInvitations(accountId);
  const columns: Column<InvitationView>[] = [
    { name: "email", label: t.columns.email, cell: (row) => row.email },
    { name: "role", label: t.columns.role, cell: (row) => row.role },
    { name: "status", label: t.columns.status, cell: (row) => <State invitation={row} />, wide: true },
    { name: "expires", label: t.columns.expires, cell: (row) => <RelativeTime at={row.expiresAt} />, wide: true },
    { name: "actions", label: "", align: "end", cell: (row) => <Actions accountId={accountId} invitation={row} /> },
  ];
  return (
    <>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!error && items && items.length > 0 && (
        <section className="grid min-w-0 gap-3" aria-label={t.title}>
          <div>
            <h2 className="font-semibold">{t.title}</h2>
            <p className="text-soft">{t.lead}</p>
          </div>
          <Table stacked label={t.title} columns={columns} rows={items} keyOf={(row) => row.invitationId} more={more} loadingMore={loadingMore} />
        </section>
      )}
      <div className={cx(!items && !error && "invisible")}>{children}</div>
    </>
  );
}

function State({ invitation: { status } }: { invitation: InvitationView }) {
  return (
    <span title={status === "void" ? t.voidText : undefined}>
      <Status tone={status === "pending" ? "plain" : "warn"}>{t.status[status] ?? status}</Status>
    </span>
  );
}

function Actions({ accountId, invitation: { invitationId, email } }: { accountId: string; invitation: InvitationView }) {
  const [open, setOpen] = useState(false);
  const resend = useResend(accountId);
  const revoke = useRevoke(accountId, () => { setOpen(false); toast(t.revoked(email)); });
  return (
    <span className="grid justify-items-end gap-1">
      <span className="flex flex-wrap justify-end gap-1">
        <Button
          size="small"
          look="bare"
          aria-label={t.resendOf(email)}
          busy={resend.isPending}
          onClick={() => { resend.mutate(invitationId, { onSuccess: () => { toast(t.resent(email)); } }); }}
        >
          {t.resend}
        </Button>
        <Button size="small" look="bare" aria-label={t.revokeOf(email)} onClick={() => { revoke.reset(); setOpen(true); }}>
          {t.revoke}
        </Button>
      </span>
      {resend.error && <ErrorNotice error={resend.error} />}
      <Confirm
        title={`${t.revokeOf(email)}?`}
        action={t.revoke}
        open={open}
        busy={revoke.isPending}
        error={revoke.error}
        onClose={() => { setOpen(false); }}
        onConfirm={() => { revoke.mutate(invitationId); }}
      >
        {t.revokeText}
      </Confirm>
    </span>
  );
}
