import { useSuspenseQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { meQuery } from "@/api/session";
import type { Environment, Membership } from "@/api/types";
import { Crumbs, type Crumb } from "@/components/shell/Crumbs";
import { Sections } from "@/components/shell/Sections";
import { Shell } from "@/components/shell/Shell";
import { shown } from "@/components/section";
import { Skeleton } from "@/components/ui/Skeleton";
import { AccountSwitcher } from "@/features/accounts/AccountSwitcher";
import { EnvironmentSwitcher } from "@/features/environments/EnvironmentSwitcher";
import { accountSections, environmentSections, operatorSections } from "./sections";
import { useAccountCommands, useSectionCommands } from "./useNavigationCommands";

type Props = {
  account?: Membership | undefined;
  environment?: Environment | undefined;
  /** Of the environment one is in, known before it is. */
  environmentId?: string | undefined;
  /** The section of the environment one is in. */
  section?: string;
  crumbs?: Crumb[];
  children: ReactNode;
};
const NONE: never[] = [];

/** The shell with the navigation that fits the place: of the account, the environment, the operator. */
export function Frame({ account, environment, environmentId = environment?.environmentId, section = "overview", crumbs = [], children }: Props) {
  const { user, accounts } = useSuspenseQuery(meQuery).data;
  const ofAccount = useMemo(() => (account ? shown(accountSections, account) : NONE), [account]);
  const ofEnvironment = useMemo(() => (account && environmentId ? shown(environmentSections, account) : NONE), [account, environmentId]);
  const ofOperator = user.operator ? operatorSections : NONE;
  const accountBase = `/accounts/${account?.accountId ?? ""}`;
  const environmentBase = `${accountBase}/environments/${environmentId ?? ""}`;
  useAccountCommands(accounts);
  useSectionCommands(ofAccount, accountBase, account?.name ?? "");
  useSectionCommands(ofEnvironment, environmentBase, environment?.name ?? "");
  useSectionCommands(ofOperator, "/operator", "");
  const navigation = (
    <>
      <div className="grid gap-2">
        <AccountSwitcher accounts={accounts} current={account} />
        {environment ? <EnvironmentSwitcher current={environment} section={section} /> : environmentId && <Skeleton className="h-9 rounded-lg" />}
      </div>
      <Sections sections={ofEnvironment} to={(path) => `${environmentBase}/${path}`} />
      <Sections sections={ofAccount} to={(path) => `${accountBase}/${path}`} />
      <Sections sections={ofOperator} to={(path) => `/operator/${path}`} />
    </>
  );
  return (
    <Shell email={user.email} navigation={navigation} crumbs={<Crumbs crumbs={crumbs} />}>
      {children}
    </Shell>
  );
}
