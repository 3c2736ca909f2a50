import { expect, test } from "vitest";
import { blocks, serviceAddress, WAYS, type Values } from "./snippets";

const VALUES: Values = {
  ingress: "https://dev.example.com",
  admin: "https://dev.example.com:9070",
  keys: ["publickeyv1_one", "publickeyv1_two"],
  service: "http://127.0.0.1:9181",
  console: "https://plane.example.com",
  token: "key_secret",
};

test.each(WAYS)("%s has this environment's values in it, and no gap", (way) => {
  const text = blocks(way, VALUES).map((block) => block.text).join("\n");
  expect(text).toContain(VALUES.service.replace("http://127.0.0.1", way === "cli" || way === "curl" ? "http://127.0.0.1" : ""));
  expect(text).toContain("key_secret");
  expect(text).toContain(VALUES.ingress);
  expect(text).not.toMatch(/undefined|null|\$RESTATE_AUTH_TOKEN/);
  if (way !== "cli" && way !== "curl") expect(text).toContain('"publickeyv1_one", "publickeyv1_two"');
});

test("without a key the lines read it from the variable", () => {
  for (const way of WAYS)
    expect(blocks(way, { ...VALUES, token: null }).map((block) => block.text).join("\n")).toContain("$RESTATE_AUTH_TOKEN");
});

test.each(["http://a b", "http://x/$(id)", "http://x/`id`", "http://x';id;'", "http://x\nid", "ftp://x", "http://x/;id", "", 'http://x"', "http://x/|id", "http://x/&id"])(
  "%j is no address to put into a line for a shell",
  (text) => { expect(serviceAddress(text)).toBeNull(); },
);
test.each(["http://127.0.0.1:9080", "https://greeter.example.com/v1/", " http://localhost:1 "])("%j is one", (text) => {
  expect(serviceAddress(text)).toBe(text.trim());
});
