// One handler on several ports, on each under another name: what differs is only the way that a caller takes to it.
// PORTS is a comma-separated list of name:port, RESTATE_IDENTITY_KEYS (comma-separated) says who may call.
import * as http2 from "node:http2";
import * as restate from "@restatedev/restate-sdk";

const identityKeys = (process.env.RESTATE_IDENTITY_KEYS ?? "").split(",").filter(Boolean);
const bytes = restate.handlers.handler(
  { input: restate.serde.binary, output: restate.serde.binary },
  async (_ctx: restate.Context, body: Uint8Array) => body
);

for (const way of (process.env.PORTS ?? "").split(",")) {
  const [name, port] = way.split(":");
  const endpoint = restate.endpoint().bind(restate.service({ name, handlers: { bytes } }));
  endpoint.withIdentityV1(...identityKeys);
  http2.createServer(endpoint.http2Handler()).listen(Number(port), "127.0.0.1");
}
