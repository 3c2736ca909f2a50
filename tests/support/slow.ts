// A service whose handler takes its time without giving up its connection. It writes down each attempt with its
// invocation, so that one which was cut short and begun again shows, and each refused call.
import { appendFileSync } from "node:fs";
import * as http2 from "node:http2";
import * as restate from "@restatedev/restate-sdk";

const note = (text: string) => appendFileSync(process.env.EFFECTS_FILE!, `${text}\n`);

const slow = restate.service({
  name: "slow",
  handlers: {
    wait: async (ctx: restate.Context, milliseconds: number) => {
      note(`began ${Buffer.from(ctx.request().id).toString("hex")}`);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return milliseconds;
    },
  },
});

const keys = process.env.RESTATE_IDENTITY_KEYS?.split(",").filter(Boolean) ?? [];
let endpoint = restate.endpoint().bind(slow);
if (keys.length > 0) {
  endpoint = endpoint.withIdentityV1(...keys);
}
const handler = endpoint.http2Handler();
http2
  .createServer((request, response) => {
    response.on("finish", () => response.statusCode === 200 || note(`refused ${response.statusCode}`));
    handler(request, response);
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
