import type { Membership, MemberView, Role } from "@/api/types";
import { toast } from "@/components/toast";
import { Select } from "@/components/ui/Input";
import { members as t } from "@/messages";
import { ROLES, useChangeRole } from "./queries";

type Props = { account: Membership; member: MemberView; onRefused: (error: Error | null) => void };

/** Chosen is changed; a refusal is told by the page and the old role stands. */
export function MemberRole({ account, member, onRefused }: Props) {
  const change = useChangeRole(account.accountId);
  const given = ROLES.filter((role) => role !== "owner" || account.role === "owner");
  const choose = (role: Role) => {
    onRefused(null);
    change.mutate(
      { userId: member.userId, role },
      { onSuccess: () => { toast(t.roleChanged(member.email, role)); }, onError: onRefused },
    );
  };
  return (
    <Select
      className="w-auto!"
      aria-label={t.roleOf(member.email)}
      value={change.isPending ? change.variables.role : member.role}
      disabled={change.isPending}
      onChange={(event) => { choose(event.target.value as Role); }}
    >
      {given.map((role) => (
        <option key={role} value={role} title={t.meaning[role]}>{role}</option>
      ))}
    </Select>
  );
}
