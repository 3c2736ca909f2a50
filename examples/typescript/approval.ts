// An awakeable: the handler waits, suspended and for free, until somebody outside completes the id it handed out.
import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { effect } from "./effects.ts";

export const approval = restate.service({
  name: "approval",
  handlers: {
    request: async (ctx: Context, document: string) => {
      const { id, promise } = ctx.awakeable<string>();
      await ctx.run("ask", () => effect(`ask ${document} ${id}`));
      return `${document}: ${await promise}`;
    },
  },
});
