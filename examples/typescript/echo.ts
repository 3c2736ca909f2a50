// Gives back what came in: bodies of any size as bytes, and the headers of the call.
import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { effect } from "./effects.ts";

export const echo = restate.service({
  name: "echo",
  handlers: {
    bytes: restate.handlers.handler(
      { input: restate.serde.binary, output: restate.serde.binary },
      async (_ctx: Context, body: Uint8Array) => body
    ),
    headers: async (ctx: Context) => ({
      sentByCaller: Object.fromEntries(ctx.request().headers),
      sentByEngine: Object.fromEntries(ctx.request().attemptHeaders),
    }),
    note: async (ctx: Context, text: string) => {
      await ctx.run("note", () => effect(`note ${text}`));
      return text;
    },
  },
});
