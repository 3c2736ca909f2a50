import type { Preflight } from "@/api/types";

/** What a shell takes as one word. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** The command that registers what was tried, with the same options. */
export function registerCommand({ uri, arn, assumeRoleArn, tunnelName, useHttp11 }: Preflight): string {
  const options: string[] = [];
  if (tunnelName) options.push("--tunnel-name", tunnelName);
  if (useHttp11) options.push("--use-http1.1");
  if (assumeRoleArn) options.push("--assume-role-arn", assumeRoleArn);
  return ["restate", "deployments", "register", ...options, uri ?? arn ?? ""].map(quoted).join(" ");
}
