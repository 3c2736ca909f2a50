import { ChartColumn, Gauge, History, KeyRound, Layers, Plug, ScrollText, Settings } from "lucide-react";
import { mounted, type AccountPage, type EnvironmentPage, type OperatorPage } from "@/components/section";
import { accountSettings, apiKeys, connect, environments, logs, shell, usage } from "@/messages";

/**
 * Every page in the navigation, in its order. To add one: write its component in src/features/<noun>/ with a default
 * export, then a line here. Its address is the last part, `path`.
 */
export const accountSections = mounted<AccountPage>([
  {
    path: "environments",
    label: environments.title,
    icon: Layers,
    group: shell.accountGroup,
    load: () => import("@/features/environments/EnvironmentsPage"),
  },
  {
    path: "usage",
    label: usage.title,
    icon: ChartColumn,
    group: shell.accountGroup,
    load: () => import("@/features/usage/UsagePage"),
  },
  {
    path: "settings",
    label: accountSettings.menu,
    icon: Settings,
    group: shell.accountGroup,
    load: () => import("@/features/accounts/AccountSettingsPage"),
  },
]);

export const environmentSections = mounted<EnvironmentPage>([
  {
    path: "overview",
    label: environments.overview.title,
    icon: Gauge,
    group: environments.groups.run,
    load: () => import("@/features/environments/OverviewPage"),
  },
  {
    path: "connect",
    label: connect.title,
    icon: Plug,
    group: environments.groups.run,
    load: () => import("@/features/environments/ConnectPage"),
  },
  {
    path: "logs",
    label: logs.title,
    icon: ScrollText,
    group: environments.groups.run,
    permission: "log:read",
    load: () => import("@/features/logs/LogsPage"),
  },
  {
    path: "operations",
    label: environments.operations.title,
    icon: History,
    group: environments.groups.run,
    load: () => import("@/features/environments/OperationsPage"),
  },
  {
    path: "settings",
    label: environments.settings.title,
    icon: Settings,
    group: environments.groups.run,
    load: () => import("@/features/environments/SettingsPage"),
  },
  {
    path: "api-keys",
    label: apiKeys.title,
    icon: KeyRound,
    group: environments.groups.develop,
    load: () => import("@/features/apiKeys/ApiKeysPage"),
  },
]);

/** For people who run the plane (`user.operator`). */
export const operatorSections = mounted<OperatorPage>([]);
