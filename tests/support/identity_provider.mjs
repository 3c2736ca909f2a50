// The certified OpenID provider of npm as a peer for tests: real protocol, real keys, its own sign-in and consent pages.
// argv: {"port", "clients", "people": {login: claims}, "google"}. Google puts the claims into the ID token; others are
// asked for them (userinfo). PUT /people/{login} changes what it says of somebody.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const config = JSON.parse(process.argv[2]);
const people = new Map(Object.entries(config.people));
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const provider = new Provider(`http://127.0.0.1:${config.port}`, {
  clients: config.clients,
  jwks: { keys: [{ ...key, use: "sig", alg: "RS256", kid: "first" }] },
  cookies: { keys: ["only for tests"] },
  conformIdTokenClaims: !config.google,
  claims: { openid: ["sub", "hd"], email: ["email", "email_verified"], profile: ["name"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, login) => ({ accountId: login, claims: () => ({ sub: login, ...people.get(login) }) }),
});

const answer = provider.callback();
createServer(async (request, response) => {
  const change = /^\/people\/(\w+)$/.exec(request.url);
  if (request.method !== "PUT" || !change) return answer(request, response);
  const parts = [];
  for await (const part of request) parts.push(part);
  people.set(change[1], JSON.parse(Buffer.concat(parts).toString()));
  response.writeHead(204).end();
}).listen(config.port, "127.0.0.1");
