export type Version = "newer" | "older";

/** What to run beside the service, with the stock CLI (docs/tunnels.md): open a tunnel, register the service through it. */
export function commands(version: Version, name: string, port: string, proxyPort: string): Record<"open" | "background" | "register", string> {
  const newer = `restate cloud env tunnel --tunnel-name ${name}`;
  const open = version === "older" ? `${newer} --local-port ${port}` : newer;
  const to = version === "older" ? `tunnel://${name}:${proxyPort}` : `--tunnel-name ${name} http://localhost:${port}`;
  return { open, background: `script -qec 'exec ${open} >/dev/null' /dev/null`, register: `restate deployments register ${to}` };
}

export const NAME = /^[A-Za-z0-9_-]{1,64}$/;

export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}
