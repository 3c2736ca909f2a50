import { Link } from "@tanstack/react-router";
import { ChevronsUpDown, Layers } from "lucide-react";
import type { Environment } from "@/api/types";
import { Menu, menuItem } from "@/components/ui/Menu";
import { switcher } from "@/components/ui/switcher";
import { environments as t } from "@/messages";
import { useEnvironmentNames } from "./queries";

/** To the same section of another environment. */
export function EnvironmentSwitcher({ current, section }: { current: Environment; section: string }) {
  const { accountId } = current;
  const others = useEnvironmentNames(accountId).data ?? [current];
  return (
    <Menu
      label={`${t.switcher}: ${current.name}`}
      buttonClass={switcher}
      button={
        <>
          <Layers size={16} aria-hidden className="shrink-0 text-soft" />
          <span className="min-w-0 flex-1 truncate text-left font-medium">{current.name}</span>
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-soft" />
        </>
      }
    >
      {others.map(({ environmentId, name, status }) => (
        <Link
          key={environmentId}
          to="/accounts/$accountId/environments/$environmentId/$section"
          params={{ accountId, environmentId, section }}
          className={menuItem}
        >
          <span className="min-w-0 flex-1 truncate">{name}</span>
          <span className="text-sm text-soft">{t.status[status]}</span>
        </Link>
      ))}
      <div className="mt-1 border-t border-line pt-1">
        <Link to="/accounts/$accountId/environments" params={{ accountId }} className={menuItem}>
          {t.all}
        </Link>
      </div>
    </Menu>
  );
}
