// The certified OpenID provider of npm as a peer for tests: real protocol, real keys, its own sign-in and consent pages.
// argv: {"port", "clients", "people": {login: claims}, "google"}. Google puts the claims into the ID token; others are
// asked for them (userinfo). PUT /people/{login} changes what it says of somebody, PUT /redirects where it may send people.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const config = JSON.parse(process.argv[2]);
const people = new Map(Object.entries(config.people));
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const answering = (clients) => new Provider(`http://127.0.0.1:${config.port}`, {
  clients,
  jwks: { keys: [{ ...key, use: "sig", alg: "RS256", kid: "first" }] },
  cookies: { keys: ["only for tests"] },
  conformIdTokenClaims: !config.google,
  claims: { openid: ["sub", "hd"], email: ["email", "email_verified"], profile: ["name"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, login) => ({ accountId: login, claims: () => ({ sub: login, ...people.get(login) }) }),
}).callback();

let answer = answering(config.clients);
createServer(async (request, response) => {
  const change = /^\/(people\/(\w+)|redirects)$/.exec(request.url);
  if (request.method !== "PUT" || !change) return answer(request, response);
  const parts = [];
  for await (const part of request) parts.push(part);
  const said = JSON.parse(Buffer.concat(parts).toString());
  if (change[2]) people.set(change[2], said);
  else answer = answering(config.clients.map((client) => ({ ...client, redirect_uris: said })));
  response.writeHead(204).end();
}).listen(config.port, "127.0.0.1");
