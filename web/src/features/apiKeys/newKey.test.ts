import { expect, test } from "vitest";
import { asRequest, fieldOf, FIRST, schema } from "./newKey";

const NOW = Date.UTC(2026, 10, 20, 12);

test("what is left out restricts nothing and never expires", () => {
  expect(asRequest({ ...FIRST, description: "backend" }, NOW)).toEqual({
    description: "backend",
    role: "ingress",
    expiresAt: undefined,
    restrictions: undefined,
  });
});

test("lists are taken apart at blanks and lines; a comma may be part of an object key", () => {
  const made = asRequest({ ...FIRST, services: "Greeter, Tenant*\n", objectKeys: "a,b\ntenant-7-*", methods: ["POST"], requestsPerSecond: "50" });
  expect(made.restrictions).toEqual({
    services: ["Greeter", "Tenant*"],
    objectKeys: ["a,b", "tenant-7-*"],
    methods: ["POST"],
    requestsPerSecond: 50,
  });
});

test("a number that is none goes out as it is, so that the API says its rule", () => {
  expect(asRequest({ ...FIRST, requestsPerSecond: "many" }).restrictions?.requestsPerSecond).toBe("many");
});

test("a preset counts days from now", () => {
  expect(asRequest({ ...FIRST, expiry: "30" }, NOW).expiresAt).toBe("2026-12-20T12:00:00.000Z");
});

test.each(["", "2020-01-01T00:00"])("a time of one's choice lies ahead: %j does not", (expiresAt) => {
  expect(schema.safeParse({ ...FIRST, expiry: "custom", expiresAt }).error?.issues[0]?.path).toEqual(["expiresAt"]);
});

test.each([
  ["restrictions.services.0", "services"],
  ["restrictions.requestsPerSecond", "requestsPerSecond"],
  ["description", "description"],
  ["restrictions", "restrictions"],
])("the API's %s is the field %s", (field, expected) => {
  expect(fieldOf(field)).toBe(expected);
});
