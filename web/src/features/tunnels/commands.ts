export type Version = "newer" | "older";

/** What to run beside the service, with the stock CLI (docs/tunnels.md): open a tunnel, register the service through it. */
export function commands(version: Version, name: string, port: string, proxyPort: string): { open: string; register: string } {
  const open = `restate cloud env tunnel --tunnel-name ${name}`;
  if (version === "older") return { open: `${open} --local-port ${port}`, register: `restate deployments register tunnel://${name}:${proxyPort}` };
  return { open, register: `restate deployments register --tunnel-name ${name} http://localhost:${port}` };
}

export const NAME = /^[A-Za-z0-9_-]{1,64}$/;

export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}
