import { nameRule } from "@/components/form";
import type { NewWorkloadRule } from "@/api/types";
import { z } from "@/lib/zod";
import { workloads as t } from "@/messages";

export const PROVIDERS = ["github", "gitlab", "oidc"] as const;
export const ROLES = ["admin", "ingress", "full", "complete_awakeable", "developer", "viewer"] as const;
type Provider = (typeof PROVIDERS)[number];

/** To be filled in: what cannot become somebody else's, its name for readers, and the branch. */
export const PRESETS: Record<Provider, string> = {
  github: "repository_id=123456789\nrepository=acme/shop\nref=refs/heads/main",
  gitlab: "project_id=77\nproject_path=acme/shop\nref=main\nref_type=branch",
  oidc: "sub=",
};

export const schema = z.object({
  name: nameRule,
  provider: z.enum(PROVIDERS),
  issuer: z.string().trim(),
  audience: z.string().trim(),
  conditions: z.string(),
  role: z.enum(ROLES),
  minutes: z.string().regex(/^\s*\d+\s*$/, t.create.minutesRule),
});
export type Values = z.infer<typeof schema>;
export const FIRST: Values = { name: "deploy", provider: "github", issuer: "", audience: "", conditions: "", role: "admin", minutes: "15" };

/** `claim=value` on each line; a line without `=` goes out as a claim with no value, of which the API says what is wrong. */
export function claims(text: string): Record<string, string> {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => {
      const [claim = "", ...rest] = line.split("=");
      return [claim.trim(), rest.join("=").trim()];
    }),
  );
}

export function asRequest({ name, provider, issuer, audience, conditions, role, minutes }: Values): NewWorkloadRule {
  return {
    name,
    provider,
    conditions: claims(conditions),
    role,
    minutes: Number(minutes),
    ...(issuer ? { issuer } : {}),
    ...(audience ? { audience } : {}),
  };
}

/** `conditions.repository` of the request is about the field `conditions`. */
export function fieldOf(field: string): string {
  return field.split(".")[0] ?? field;
}
