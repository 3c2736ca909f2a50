// The SDK's fetch handler, as Bun and Workers serve it: HTTP/1.1, one answer to one request, between two suspensions.
// Node stands in for them: it has the same Request and Response, and needs these lines to serve them.
import * as http from "node:http";
import { Readable } from "node:stream";
import * as restate from "@restatedev/restate-sdk/fetch";

const fetcher = restate.service({
  name: "Fetcher",
  handlers: {
    work: async (ctx: restate.Context, name: string) => {
      const done = await ctx.run("once", () => {
        console.log(`effect ${name}`);
        return `worked for ${name}`;
      });
      await ctx.sleep(100);
      return done;
    },
  },
});
const handler = restate.endpoint().bind(fetcher).handler();

http
  .createServer(async (asked, answer) => {
    console.log(`request ${asked.url}`);
    const body = asked.method === "POST" ? (Readable.toWeb(asked) as ReadableStream) : undefined;
    const headers = Object.entries(asked.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const init = { method: asked.method, headers, body, duplex: "half" };
    const response = await handler.fetch(new Request(`http://localhost${asked.url}`, init as RequestInit));
    answer.writeHead(response.status, Object.fromEntries(response.headers));
    for await (const piece of response.body ?? []) {
      answer.write(piece);
    }
    answer.end();
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
