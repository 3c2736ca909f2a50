import { expect, test } from "vitest";
import { registerCommand } from "./register";

test("a service is registered with the options it was tried with", () => {
  expect(registerCommand({ uri: "http://localhost:9080", tunnelName: "laptop", useHttp11: true })).toBe(
    "restate deployments register --tunnel-name laptop --use-http1.1 http://localhost:9080",
  );
});

test("what a shell would read otherwise is quoted", () => {
  expect(registerCommand({ uri: "https://x.example/?a=1&b='$(id)'", useHttp11: false })).toBe(
    `restate deployments register 'https://x.example/?a=1&b='"'"'$(id)'"'"''`,
  );
});
