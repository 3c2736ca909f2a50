// A workflow whose signal handler tries what only `run` may do: it writes state.
import * as http2 from "node:http2";
import * as restate from "@restatedev/restate-sdk";

const meddler = restate.workflow({
  name: "meddler",
  handlers: {
    run: async (ctx: restate.WorkflowContext, value: string) => {
      ctx.set("value", value);
      await ctx.promise("done");
      return ctx.get("value");
    },
    finish: async (ctx: restate.WorkflowSharedContext) => ctx.promise("done").resolve("yes"),
    write: async (ctx: restate.WorkflowSharedContext, value: string) => {
      (ctx as restate.WorkflowContext).set("value", value);
    },
  },
});

const handler = restate.endpoint().bind(meddler).http2Handler();
http2.createServer(handler).listen(Number(process.env.PORT), "127.0.0.1");
