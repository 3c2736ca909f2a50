import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { snippets } from "./snippets";

const texts = (audience: string) => snippets("oidc", { plane: "https://plane.example", environmentId: "env_1", audience }).map(({ text }) => text);

test("a plain audience stands as it is", () => {
  const [github, gitlab] = texts("https://plane.example/wir_1");
  expect(github).toContain('"audience=https://plane.example/wir_1"');
  expect(gitlab).toContain("aud: https://plane.example/wir_1\n");
});

test("an audience that somebody made up runs nothing in the job of whoever copies it", () => {
  const audience = "a'$(echo run)\"; `echo run` \\ ${{ secrets.KEY }} $HOME";
  const [github = "", gitlab] = texts(audience);
  const word = /"audience=.*(?= \| sed)/.exec(github)?.[0] ?? "";
  expect(word).not.toContain("${{");
  expect(execFileSync("bash", ["-c", `printf %s ${word}`], { encoding: "utf8" })).toBe(`audience=${audience}`);
  expect(gitlab).toContain("aud: 'a''$$(echo run)\"; `echo run` \\ $${{ secrets.KEY }} $$HOME'\n");
});
