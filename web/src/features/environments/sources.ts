/** The smallest service in each language, after the SDKs' own documentation. Keys are the environment's public keys. */

const quoted = (keys: string[]) => keys.map((key) => `"${key}"`).join(", ");

export function typescriptSource(keys: string[], port: number): string {
  return `import * as restate from "@restatedev/restate-sdk";

const greeter = restate.service({
  name: "Greeter",
  handlers: {
    greet: async (ctx: restate.Context, name: string) => \`Hello \${name}\`,
  },
});

restate.serve({
  services: [greeter],
  identityKeys: [${quoted(keys)}],
  port: ${String(port)},
});`;
}

export function pythonSource(keys: string[], port: number): string {
  return `import asyncio

import restate
from hypercorn.asyncio import serve
from hypercorn.config import Config

greeter = restate.Service("Greeter")


@greeter.handler()
async def greet(ctx: restate.Context, name: str) -> str:
    return f"Hello {name}"


app = restate.app([greeter], identity_keys=[${quoted(keys)}])

if __name__ == "__main__":
    config = Config()
    config.bind = ["0.0.0.0:${String(port)}"]
    asyncio.run(serve(app, config))`;
}

export function javaSource(keys: string[], port: number): string {
  return `import dev.restate.sdk.Context;
import dev.restate.sdk.annotation.Handler;
import dev.restate.sdk.annotation.Service;
import dev.restate.sdk.auth.signing.RestateRequestIdentityVerifier;
import dev.restate.sdk.endpoint.Endpoint;
import dev.restate.sdk.http.vertx.RestateHttpServer;

@Service
public class Greeter {

  @Handler
  public String greet(Context ctx, String name) {
    return "Hello " + name;
  }

  public static void main(String[] args) {
    var endpoint =
        Endpoint.bind(new Greeter())
            .withRequestIdentityVerifier(
                RestateRequestIdentityVerifier.fromKeys(${quoted(keys)}));
    RestateHttpServer.listen(endpoint, ${String(port)});
  }
}`;
}

export function kotlinSource(keys: string[], port: number): string {
  return `import dev.restate.sdk.annotation.Handler
import dev.restate.sdk.annotation.Service
import dev.restate.sdk.auth.signing.RestateRequestIdentityVerifier
import dev.restate.sdk.http.vertx.RestateHttpServer
import dev.restate.sdk.kotlin.*
import dev.restate.sdk.kotlin.endpoint.endpoint

@Service
class Greeter {

  @Handler
  suspend fun greet(ctx: Context, name: String): String = "Hello $name"
}

fun main() {
  RestateHttpServer.listen(
      endpoint {
        bind(Greeter())
        requestIdentityVerifier =
            RestateRequestIdentityVerifier.fromKeys(${quoted(keys)})
      },
      ${String(port)})
}`;
}

export function goSource(keys: string[], port: number): string {
  return `package main

import (
	"context"
	"log"

	restate "github.com/restatedev/sdk-go"
	"github.com/restatedev/sdk-go/server"
)

type Greeter struct{}

func (Greeter) Greet(ctx restate.Context, name string) (string, error) {
	return "Hello " + name, nil
}

func main() {
	endpoint := server.NewRestate().
		Bind(restate.Reflect(Greeter{})).
		WithIdentityV1(${quoted(keys)})
	if err := endpoint.Start(context.Background(), "0.0.0.0:${String(port)}"); err != nil {
		log.Fatal(err)
	}
}`;
}
