// A virtual object: state of its own for every key, and one handler at a time on it.
import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext } from "@restatedev/restate-sdk";

export const greeterObject = restate.object({
  name: "greeter",
  handlers: {
    greet: async (ctx: ObjectContext, greeting: string) => {
      let count = (await ctx.get<number>("count")) ?? 0;
      count++;
      ctx.set("count", count);
      return `${greeting} ${ctx.key} for the ${count}-th time.`;
    },
    ungreet: async (ctx: ObjectContext) => {
      let count = (await ctx.get<number>("count")) ?? 0;
      if (count > 0) {
        count--;
      }
      ctx.set("count", count);
      return `Dear ${ctx.key}, taking one greeting back: ${count}.`;
    },
  },
});
