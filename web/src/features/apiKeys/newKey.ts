import type { NewApiKey, Restrictions } from "@/api/types";
import { z } from "@/lib/zod";
import { apiKeys as t } from "@/messages";

export const ROLES = ["ingress", "admin", "full", "complete_awakeable"] as const;
export const EXPIRIES = ["never", "7", "30", "90", "365", "custom"] as const;
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
export const LISTS = ["services", "handlers", "objectKeys", "networks"] as const;
const DAY_MILLISECONDS = 86_400_000;

export const schema = z
  .object({
    description: z.string().max(200, t.create.descriptionHint),
    role: z.enum(ROLES),
    expiry: z.enum(EXPIRIES),
    expiresAt: z.string(),
    services: z.string(),
    handlers: z.string(),
    objectKeys: z.string(),
    networks: z.string(),
    methods: z.array(z.enum(METHODS)),
    requestsPerSecond: z.string(),
    readOnly: z.boolean(),
  })
  .check(({ value, issues }) => {
    if (value.expiry === "custom" && !(new Date(value.expiresAt).getTime() > Date.now()))
      issues.push({ code: "custom", path: ["expiresAt"], message: t.create.expiresAtRule, input: value.expiresAt });
  });
export type Values = z.infer<typeof schema>;

export const FIRST: Values = {
  description: "",
  role: "ingress",
  expiry: "never",
  expiresAt: "",
  services: "",
  handlers: "",
  objectKeys: "",
  networks: "",
  methods: [],
  requestsPerSecond: "",
  readOnly: false,
};

/** None of the entries has a blank in it, so any blank ends one; a comma may be part of an object key. */
function entries(text: string, separator: RegExp): string[] | undefined {
  const found = text.split(separator).filter(Boolean);
  return found.length ? found : undefined;
}

function restrictions(values: Values): Restrictions | undefined {
  const rate = values.requestsPerSecond.trim();
  const given: Restrictions = {
    services: entries(values.services, /[\s,]+/),
    handlers: entries(values.handlers, /[\s,]+/),
    objectKeys: entries(values.objectKeys, /\s+/),
    networks: entries(values.networks, /[\s,]+/),
    methods: values.methods.length ? values.methods : undefined,
    // What is no number goes out as it is: the API says what is wrong with it.
    requestsPerSecond: rate ? ((Number.isNaN(Number(rate)) ? rate : Number(rate)) as number) : undefined,
    readOnly: values.readOnly || undefined,
  };
  return Object.values(given).some((one) => one !== undefined) ? given : undefined;
}

function expiresAt({ expiry, expiresAt: chosen }: Values, now: number): string | undefined {
  if (expiry === "never") return undefined;
  const moment = expiry === "custom" ? new Date(chosen).getTime() : now + Number(expiry) * DAY_MILLISECONDS;
  return new Date(moment).toISOString();
}

/** What the form says, as the API takes it. */
export function asRequest(values: Values, now: number = Date.now()): NewApiKey {
  return { description: values.description, role: values.role, expiresAt: expiresAt(values, now), restrictions: restrictions(values) };
}

/** The form's field for one of the request: `restrictions.services.0` is about `services`. */
export function fieldOf(field: string): string {
  const [first = "", second] = field.split(".");
  return first === "restrictions" && second ? second : first;
}
