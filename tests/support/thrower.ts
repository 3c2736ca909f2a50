// A service of a tenant who fails on purpose, with the words it was called with.
import * as http2 from "node:http2";
import * as restate from "@restatedev/restate-sdk";

const thrower = restate.service({
  name: "thrower",
  handlers: {
    fail: async (_ctx: restate.Context, words: string) => {
      throw new Error(words);
    },
  },
});

const handler = restate.endpoint().bind(thrower).http2Handler();
http2.createServer(handler).listen(Number(process.env.PORT), "127.0.0.1");
