import type { Sample } from "@/components/ui/CodeTabs";

/** How each SDK is told the keys, as its own documentation has it. */
export function snippets(keys: readonly string[]): Sample[] {
  const quoted = keys.map((key) => `"${key}"`);
  const lines = (indent: number) => quoted.join(`,\n${" ".repeat(indent)}`);
  return [
    {
      name: "typescript",
      label: "TypeScript",
      text: `import * as restate from "@restatedev/restate-sdk";

restate.serve({
  services: [myService],
  identityKeys: [
    ${lines(4)},
  ],
});`,
    },
    {
      name: "python",
      label: "Python",
      text: `import restate

app = restate.app(
    services=[my_service],
    identity_keys=[
        ${lines(8)},
    ],
)`,
    },
    {
      name: "java",
      label: "Java",
      text: `// dev.restate:sdk-request-identity
import dev.restate.sdk.auth.signing.RestateRequestIdentityVerifier;
import dev.restate.sdk.endpoint.Endpoint;
import dev.restate.sdk.http.vertx.RestateHttpServer;

class MySecureApp {
  public static void main(String[] args) {
    var endpoint =
        Endpoint.bind(new MyService())
            .withRequestIdentityVerifier(
                RestateRequestIdentityVerifier.fromKeys(
                    ${lines(20)}));
    RestateHttpServer.listen(endpoint);
  }
}`,
    },
    {
      name: "kotlin",
      label: "Kotlin",
      text: `// dev.restate:sdk-request-identity
import dev.restate.sdk.auth.signing.RestateRequestIdentityVerifier
import dev.restate.sdk.http.vertx.RestateHttpServer
import dev.restate.sdk.kotlin.endpoint.endpoint

fun main() {
  RestateHttpServer.listen(
      endpoint {
        bind(MyService())
        requestIdentityVerifier =
            RestateRequestIdentityVerifier.fromKeys(
                ${lines(16)},
            )
      }
  )
}`,
    },
    {
      name: "go",
      label: "Go",
      text: `if err := server.NewRestate().
	Bind(restate.Reflect(MyService{})).
	WithIdentityV1(
		${quoted.join(",\n\t\t")},
	).
	Start(context.Background(), ":9080"); err != nil {
	log.Fatal(err)
}`,
    },
  ];
}
