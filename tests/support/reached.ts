// Services of every kind whose handlers tell which of them was reached, and with which key.
import { appendFileSync } from "node:fs";
import * as http2 from "node:http2";
import * as restate from "@restatedev/restate-sdk";

type Names = string[];
type Handler = (ctx: restate.Context) => Promise<string>;

const handlers = (service: string, names: Names, keyed: boolean): Record<string, Handler> =>
  Object.fromEntries(
    names.map((name) => [
      name,
      async (ctx: restate.Context) => {
        const key = keyed ? (ctx as restate.ObjectContext).key : null;
        const reached = JSON.stringify([service, key, name]);
        appendFileSync(process.env.EFFECTS_FILE ?? "/dev/null", `${reached}\n`);
        return reached;
      },
    ])
  );

const services: Record<string, Names> = { Greeter: ["greet", "other", "send"], Secret: ["greet", "add"], v2: ["greet"] };
const objects: Record<string, Names> = { Counter: ["add", "reset", "send", "attach"], Vault: ["add", "greet"] };
const workflows: Record<string, Names> = { Flow: ["run", "signal"], Hidden: ["run"] };

let endpoint = restate.endpoint();
for (const [name, names] of Object.entries(services)) {
  endpoint = endpoint.bind(restate.service({ name, handlers: handlers(name, names, false) }));
}
for (const [name, names] of Object.entries(objects)) {
  endpoint = endpoint.bind(restate.object({ name, handlers: handlers(name, names, true) as never }));
}
for (const [name, names] of Object.entries(workflows)) {
  endpoint = endpoint.bind(restate.workflow({ name, handlers: handlers(name, names, true) as never }));
}
http2.createServer(endpoint.http2Handler()).listen(Number(process.env.PORT), "127.0.0.1");
