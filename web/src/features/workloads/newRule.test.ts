import { expect, test } from "vitest";
import { asRequest, claims, FIRST } from "./newRule";

test("a value may have = in it, and blanks around do not count", () => {
  expect(claims(" ref = refs/heads/main \n\nsub=repo:acme/shop:a=b\nnothing")).toEqual({
    ref: "refs/heads/main",
    sub: "repo:acme/shop:a=b",
    nothing: "",
  });
});

test("an issuer and an audience that are left out are the API's to choose", () => {
  const made = asRequest({ ...FIRST, conditions: "ref=refs/heads/main" });
  expect(made).toEqual({ name: "deploy", provider: "github", conditions: { ref: "refs/heads/main" }, role: "admin", minutes: 15 });
});
