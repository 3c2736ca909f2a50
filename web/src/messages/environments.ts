import { common } from "./common";

export const environments = {
  title: "Environments",
  lead: "Each is a Restate engine of its own, isolated from all others.",
  switcher: "Environment",
  all: "All environments",
  new: "New environment",
  columns: { name: "Name", status: "Status", region: "Region", engine: "Engine", created: "Created" },
  status: { PENDING: "Starting", ACTIVE: "Active", SUSPENDED: "Suspended", FAILED: "Failed", DELETED: "Deleted" },
  empty: {
    title: "No environment yet",
    text: "An environment runs your services' invocations. It is ready within a second or two.",
  },
  create: {
    title: "Create an environment",
    lead: "A Restate engine of its own, with its own addresses, keys and data.",
    name: "Environment name",
    hint: common.nameRule,
    submit: "Create environment",
  },
  overview: {
    title: "Overview",
    connect: "Addresses",
    connectLead: "Services are called at the ingress; deployments and invocations are managed at the admin API.",
    ingress: "Ingress",
    admin: "Admin API",
    facts: "Facts",
    id: "Environment id",
    publicKey: "Public key",
    region: "Region",
    engine: "Engine version",
    created: "Created",
  },
  groups: { run: "Environment", develop: "Develop", secure: "Security" },
};
