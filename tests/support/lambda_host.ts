// Runs a real Lambda handler of the TypeScript SDK: each POST is an event, its answer the handler's result.
import * as http from "node:http";
import * as restate from "@restatedev/restate-sdk/lambda";

const identityKeys = (process.env.RESTATE_IDENTITY_KEYS ?? "").split(",").filter(Boolean);

const lambdaGreeter = restate.service({
  name: "LambdaGreeter",
  handlers: {
    greet: async (ctx: restate.Context, name: string) => {
      const found = await ctx.run("look up", () => `found ${name}`);
      await ctx.sleep(200);
      return `Hello ${name}, ${found}`;
    },
  },
});

const handler = restate.createEndpointHandler({ services: [lambdaGreeter], identityKeys });

const server = http.createServer(async (request, response) => {
  try {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const event = JSON.parse(Buffer.concat(parts).toString());
    const result = await handler(event, {} as never);
    response.writeHead(200).end(JSON.stringify(result));
  } catch (error) {
    response.writeHead(500).end(JSON.stringify({ errorType: "Error", errorMessage: String(error) }));
  }
});
server.listen(Number(process.env.PORT), "127.0.0.1");
