import { Boxes, Cable, ChartColumn, FileClock, Fingerprint, Gauge, GitBranch, History, KeyRound, Layers, LogIn, Mail, Plug, Route, ScrollText, Server, Settings, ShieldCheck, SquareFunction, Stethoscope, Tags, Users, Waypoints } from "lucide-react";
import { mounted, type AccountPage, type EnvironmentPage, type OperatorPage } from "@/components/section";
import { accountSettings, apiKeys, audit, connect, environments, identityKeys, kafka, logs, members, operator, outbound, services, shell, sso, tunnels, usage, workloads } from "@/messages";

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
    path: "members",
    label: members.title,
    icon: Users,
    group: shell.accountGroup,
    permission: "member:read",
    load: () => import("@/features/members/MembersPage"),
  },
  {
    path: "sso",
    label: sso.title,
    icon: Fingerprint,
    group: shell.accountGroup,
    permission: "sso:read",
    load: () => import("@/features/sso/SsoPage"),
  },
  {
    path: "audit",
    label: audit.title,
    icon: FileClock,
    group: shell.accountGroup,
    permission: "audit:read",
    load: () => import("@/features/audit/AuditPage"),
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
  {
    path: "try",
    label: services.tryIt.title,
    icon: Stethoscope,
    group: environments.groups.develop,
    load: () => import("@/features/services/TryServicePage"),
  },
  {
    path: "tunnels",
    label: tunnels.title,
    icon: Cable,
    group: environments.groups.develop,
    load: () => import("@/features/tunnels/TunnelsPage"),
  },
  {
    path: "kafka",
    label: kafka.title,
    icon: Waypoints,
    group: environments.groups.develop,
    load: () => import("@/features/kafka/KafkaPage"),
  },
  {
    path: "ci",
    label: workloads.title,
    icon: GitBranch,
    group: environments.groups.develop,
    permission: "workload_rule:read",
    load: () => import("@/features/workloads/CiPage"),
  },
  {
    path: "http-services",
    label: identityKeys.title,
    icon: ShieldCheck,
    group: environments.groups.secure,
    load: () => import("@/features/identityKeys/HttpServicesPage"),
  },
  {
    path: "lambda",
    label: services.lambda.title,
    icon: SquareFunction,
    group: environments.groups.secure,
    load: () => import("@/features/services/LambdaPage"),
  },
  {
    path: "outbound",
    label: outbound.title,
    icon: Route,
    group: environments.groups.secure,
    load: () => import("@/features/outbound/OutboundPage"),
  },
]);

/** For people who run the plane (`user.operator`). */
export const operatorSections = mounted<OperatorPage>([
  {
    path: "runners",
    label: operator.runners.title,
    icon: Server,
    group: shell.operatorGroup,
    load: () => import("@/features/operator/RunnersPage"),
  },
  {
    path: "environments",
    label: operator.environments.title,
    icon: Boxes,
    group: shell.operatorGroup,
    load: () => import("@/features/operator/AllEnvironmentsPage"),
  },
  {
    path: "versions",
    label: operator.versions.title,
    icon: Tags,
    group: shell.operatorGroup,
    load: () => import("@/features/operator/VersionsPage"),
  },
  {
    path: "providers",
    label: sso.providers.title,
    icon: LogIn,
    group: shell.operatorGroup,
    load: () => import("@/features/sso/ProvidersPage"),
  },
  {
    path: "mail",
    label: operator.mail.title,
    icon: Mail,
    group: shell.operatorGroup,
    load: () => import("@/features/operator/MailPage"),
  },
]);
