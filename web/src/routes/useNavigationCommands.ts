import { useRouter } from "@tanstack/react-router";
import { Building2 } from "lucide-react";
import { useMemo } from "react";
import type { Membership } from "@/api/types";
import { useCommands, type Command } from "@/components/commands";
import type { Place } from "@/components/section";
import { shell } from "@/messages";

/** The pages of `sections` in the command menu; `base` is the address they are below. */
export function useSectionCommands(sections: Place[], base: string, name: string): void {
  const router = useRouter();
  const commands = useMemo(
    () =>
      sections.map(({ path, label, icon }): Command => {
        const to = `${base}/${path}`;
        return { id: to.replaceAll("/", "-"), title: label, group: name, icon, run: () => void router.navigate({ to }) };
      }),
    [router, sections, base, name],
  );
  useCommands(commands);
}

/** Other accounts in the command menu. */
export function useAccountCommands(accounts: Membership[]): void {
  const router = useRouter();
  const commands = useMemo(
    () =>
      accounts.map(({ accountId, name }): Command => ({
        id: accountId,
        title: name,
        group: shell.accountGroup,
        icon: Building2,
        run: () => void router.navigate({ to: "/accounts/$accountId/environments", params: { accountId } }),
      })),
    [router, accounts],
  );
  useCommands(commands);
}
