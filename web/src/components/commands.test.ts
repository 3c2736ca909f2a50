import { Compass } from "lucide-react";
import { expect, test } from "vitest";
import { matching, type Command } from "./commands";

const titles = ["Overview", "API keys", "Keys of the engine"];
const commands: Command[] = titles.map((title) => ({ id: title, title, group: "dev", icon: Compass, run: () => undefined }));

test.each([
  ["", titles],
  ["key", ["Keys of the engine", "API keys"]],
  ["dev api", ["API keys"]],
  ["nothing", []],
])("%j finds %j", (text, expected) => {
  expect(matching(commands, text).map(({ title }) => title)).toEqual(expected);
});
