// Serves every example on one port. PORT and HOST say where, RESTATE_IDENTITY_KEYS (comma-separated) who may call.
import * as http2 from "node:http2";
import * as restate from "@restatedev/restate-sdk";
import { approval } from "./approval.ts";
import { echo } from "./echo.ts";
import { greeterObject } from "./greeter.ts";
import { payment } from "./payment.ts";
import { roleUpdateService } from "./role_update.ts";
import { trip } from "./trip.ts";

const identityKeys = (process.env.RESTATE_IDENTITY_KEYS ?? "").split(",").filter(Boolean);
const port = Number(process.env.PORT ?? 9080);
const host = process.env.HOST ?? "127.0.0.1";

const endpoint = restate.endpoint()
  .bind(roleUpdateService)
  .bind(greeterObject)
  .bind(payment)
  .bind(trip)
  .bind(approval)
  .bind(echo);

if (identityKeys.length > 0) {
  endpoint.withIdentityV1(...identityKeys);
}

// `endpoint.listen(port)` would do, but on every network interface of the machine.
http2.createServer(endpoint.http2Handler()).listen(port, host, () => console.log(`Listening on ${host}:${port}`));
