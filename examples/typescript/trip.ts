// A saga: when it is cancelled, or a step fails for good, what was done is undone, last step first.
import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { effect } from "./effects.ts";

type Trip = { customer: string; hoursToDecide: number };

export const trip = restate.service({
  name: "trip",
  handlers: {
    book: async (ctx: Context, { customer, hoursToDecide }: Trip) => {
      const undo: Array<() => Promise<void>> = [];
      try {
        // Registered before its step: a step that failed half way needs undoing as well.
        undo.push(() => ctx.run("cancel flight", () => effect(`cancel flight ${customer}`)));
        await ctx.run("reserve flight", () => effect(`reserve flight ${customer}`));
        undo.push(() => ctx.run("cancel car", () => effect(`cancel car ${customer}`)));
        await ctx.run("reserve car", () => effect(`reserve car ${customer}`));
        await ctx.sleep({ hours: hoursToDecide });
        await ctx.run("charge", () => effect(`charge trip ${customer}`));
        return "booked";
      } catch (error) {
        // A cancellation arrives as a TerminalError too; anything else is retried and must not be undone.
        if (error instanceof restate.TerminalError) {
          for (const step of undo.reverse()) {
            await step();
          }
        }
        throw error;
      }
    },
  },
});
