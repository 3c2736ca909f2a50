import { UserPlus } from "lucide-react";
import { useState } from "react";
import { may, useMe } from "@/api/session";
import type { MemberView } from "@/api/types";
import { PermittedButton } from "@/components/Permitted";
import type { AccountPage } from "@/components/section";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Page } from "@/components/ui/Page";
import { Skeleton } from "@/components/ui/Skeleton";
import { Badge } from "@/components/ui/Status";
import { Table, type Column } from "@/components/ui/Table";
import { RelativeTime } from "@/components/ui/Time";
import { cx } from "@/lib/cx";
import { members as t } from "@/messages";
import { Invitations } from "./Invitations";
import { InviteDialog } from "./InviteDialog";
import { Leave } from "./Leave";
import { MemberRemove } from "./MemberRemove";
import { MemberRole } from "./MemberRole";
import { useMembers } from "./queries";

export default function MembersPage({ account }: AccountPage) {
  const { items, error, refetch, more, loadingMore } = useMembers(account.accountId);
  const [inviting, setInviting] = useState(false);
  const [refused, setRefused] = useState<Error | null>(null);
  const me = useMe().data?.user.userId ?? "";
  const manages = may(account, "member:manage");
  /** Owners are changed by owners only, and nobody changes their own role. */
  const changes = (row: MemberView) => manages && row.userId !== me && (row.role !== "owner" || account.role === "owner");
  const columns: Column<MemberView>[] = [
    { name: "person", label: t.columns.person, cell: (row) => <Person member={row} me={me} /> },
    {
      name: "role",
      label: t.columns.role,
      cell: (row) => (changes(row) ? <MemberRole account={account} member={row} onRefused={setRefused} /> : <Badge>{row.role}</Badge>),
    },
    { name: "factor", label: t.columns.factor, cell: (row) => <Badge tone={row.secondFactor ? "good" : "plain"}>{row.secondFactor ? t.factor.yes : t.factor.no}</Badge>, wide: true },
    { name: "joined", label: t.columns.joined, cell: (row) => <RelativeTime at={row.createdAt} />, wide: true },
    ...(manages ? [{ name: "remove", label: "", align: "end" as const, cell: (row: MemberView) => changes(row) && <MemberRemove account={account} member={row} /> }] : []),
  ];
  const leaving = <Leave account={account} me={me} />;
  return (
    <Page
      title={t.title}
      lead={t.lead}
      actions={
        <PermittedButton account={account} permission="member:invite" look="first" onClick={() => { setInviting(true); }}>
          <UserPlus size={16} aria-hidden /> {t.invite.action}
        </PermittedButton>
      }
    >
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {refused && <ErrorNotice error={refused} />}
      {!items && !error && <Skeleton className="h-36 rounded-xl" />}
      {items && <Table stacked label={t.title} columns={columns} rows={items} keyOf={(row) => row.userId} more={more} loadingMore={loadingMore} />}
      {/* Of how many members there are depends where this begins: it is not shown before, so that it does not move. */}
      <div className={cx("grid min-w-0 grid-cols-[minmax(0,1fr)] gap-6", !items && !error && "invisible")}>
        {may(account, "member:invite") ? <Invitations account={account}>{leaving}</Invitations> : leaving}
      </div>
      <InviteDialog account={account} open={inviting} onClose={() => { setInviting(false); }} />
    </Page>
  );
}

function Person({ member: { userId, email, name }, me }: { member: MemberView; me: string }) {
  return (
    <span className="grid min-w-0">
      <span className="flex flex-wrap items-center gap-2 font-medium">
        {name ?? email} {userId === me && <Badge>{t.you}</Badge>}
      </span>
      {name && <span className="text-sm text-soft">{email}</span>}
    </span>
  );
}
