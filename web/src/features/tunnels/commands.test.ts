import { expect, test } from "vitest";
import { commands } from "./commands";

test("a service on Linux gets a terminal of its own, in which nothing is drawn", () => {
  expect(commands("newer", "laptop", "9080", "9443").background).toBe("script -qec 'exec restate cloud env tunnel --tunnel-name laptop >/dev/null' /dev/null");
  expect(commands("older", "laptop", "9080", "9443").background).toContain("--tunnel-name laptop --local-port 9080 >/dev/null'");
});

test("what is registered is the tunnel's address in the older version, and the service's in the newer", () => {
  expect(commands("older", "pc", "3000", "9443").register).toBe("restate deployments register tunnel://pc:9443");
  expect(commands("newer", "pc", "3000", "9443").register).toBe("restate deployments register --tunnel-name pc http://localhost:3000");
});
