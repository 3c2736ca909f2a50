/** The API's shapes under the names the console uses. */
import type { ControlplaneApiKeysSchemasCreatedApiKey, EnvironmentView, MembershipView, OperationView } from "./schema.gen";

export type * from "./schema.gen";
export type Membership = MembershipView;
export type Environment = EnvironmentView;
export type Operation = OperationView;
export type EnvironmentStatus = EnvironmentView["status"];
export type Permission = MembershipView["permissions"][number];
export type CreatedApiKey = ControlplaneApiKeysSchemasCreatedApiKey;
