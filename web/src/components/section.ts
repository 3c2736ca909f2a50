import type { LucideIcon } from "lucide-react";
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { arriving } from "@/api/reload";
import type { Environment, Membership, Permission } from "@/api/types";

/** What every page of an account, of an environment, and of the operator is given. */
export type AccountPage = { account: Membership };
export type EnvironmentPage = { account: Membership; environment: Environment };
export type OperatorPage = Record<never, never>;

/** One page in the navigation: `load` fetches its script when somebody goes there, or is about to. */
export type Section<Props> = {
  /** Last part of its address. */
  path: string;
  label: string;
  icon: LucideIcon;
  /** Heading above it in the navigation. */
  group: string;
  /** Left out for members without it. */
  permission?: Permission;
  load: () => Promise<{ default: ComponentType<Props> }>;
};
/** What the navigation needs to know of a section. */
export type Place = Pick<Section<never>, "path" | "label" | "icon">;
export type Mounted<Props> = Section<Props> & { Component: LazyExoticComponent<ComponentType<Props>> };

export function mounted<Props>(sections: Section<Props>[]): Mounted<Props>[] {
  return sections.map((section) => ({ ...section, Component: lazy(arriving(section.load)) }));
}

/** Those that `account`'s member has a use for. */
export function shown<Props>(sections: Mounted<Props>[], account: Membership): Mounted<Props>[] {
  return sections.filter(({ permission }) => !permission || account.permissions.includes(permission));
}
