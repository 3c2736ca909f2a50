// A workflow: `run` runs once for every id; the other handlers signal it and look at it meanwhile.
import * as restate from "@restatedev/restate-sdk";
import { effect } from "./effects.ts";

type PaymentRequest = { account: string; amount: number; email: string };
type PaymentSuccess = { account: string };

export const payment = restate.workflow({
  name: "payment",
  handlers: {
    run: async (ctx: restate.WorkflowContext, payment: PaymentRequest) => {
      // Validate payment. If not valid, end workflow right here without retries.
      if (payment.amount < 0) {
        throw new restate.TerminalError("Payment refused: negative amount");
      }
      await ctx.run("make a payment", async () => {
        await paymentClnt.charge(ctx.key, payment.account, payment.amount);
      });
      await ctx.promise<PaymentSuccess>("payment.success");
      ctx.set("status", "Payment succeeded");
      await ctx.run("notify the user", async () => {
        await emailClnt.sendSuccessNotification(payment.email);
      });
      ctx.set("status", "User notified of payment success");
      return "success";
    },
    paymentWebhook: async (
      ctx: restate.WorkflowSharedContext,
      account: string
    ) => {
      await ctx.promise<PaymentSuccess>("payment.success").resolve({ account });
    },
    status: (ctx: restate.WorkflowSharedContext) => ctx.get("status"),
  },
});

const paymentClnt = {
  charge: async (id: string, account: string, amount: number) => effect(`charge ${id} ${account} ${amount}`),
};

const emailClnt = {
  sendSuccessNotification: async (email: string) => effect(`mail ${email}`),
};
