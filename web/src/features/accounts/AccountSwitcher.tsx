import { Link } from "@tanstack/react-router";
import { Building2, ChevronsUpDown, Plus } from "lucide-react";
import type { Membership } from "@/api/types";
import { Menu, menuItem } from "@/components/ui/Menu";
import { switcher } from "@/components/ui/switcher";
import { accounts as t } from "@/messages";

export function AccountSwitcher({ accounts, current }: { accounts: Membership[]; current: Membership | undefined }) {
  return (
    <Menu
      label={`${t.switcher}: ${current?.name ?? ""}`}
      buttonClass={switcher}
      button={
        <>
          <Building2 size={16} aria-hidden className="shrink-0 text-soft" />
          <span className="min-w-0 flex-1 truncate text-left font-medium">{current?.name ?? t.switcher}</span>
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-soft" />
        </>
      }
    >
      {accounts.map((account) => (
        <Link key={account.accountId} to="/accounts/$accountId/environments" params={{ accountId: account.accountId }} className={menuItem}>
          <span className="min-w-0 flex-1 truncate">{account.name}</span>
          <span className="text-sm text-soft">{account.role}</span>
        </Link>
      ))}
      <div className="mt-1 border-t border-line pt-1">
        <Link to="/accounts/new" className={menuItem}>
          <Plus size={16} aria-hidden className="text-soft" /> {t.new}
        </Link>
      </div>
    </Menu>
  );
}
