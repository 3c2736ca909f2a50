import { connect as t } from "@/messages";
import { goSource, javaSource, kotlinSource, pythonSource, typescriptSource } from "./sources";

export const WAYS = ["cli", "typescript", "python", "java", "kotlin", "go", "curl"] as const;
export type Way = (typeof WAYS)[number];
export type Block = { title: string; note?: string; text: string };
/** What the lines are made of; `service` has been through `serviceAddress`. */
export type Values = { ingress: string; admin: string; keys: string[]; service: string; console: string; token: string | null };

const JAVA_SDK = "2.7.0";
const PLAIN = /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[\w./~-]*)?$/;

/** `text` as the address of a service, or null. Nothing passes that a shell could take for more than a word. */
export function serviceAddress(text: string): string | null {
  return PLAIN.test(text.trim()) ? text.trim() : null;
}

function port(service: string): number {
  return Number(/:(\d+)(?:\/|$)/.exec(service.replace(/^https?:\/\//, ""))?.[1] ?? 9080);
}

function token({ token: known }: Values): string {
  return known ?? "$RESTATE_AUTH_TOKEN";
}

function curl(values: Values, url: string, body?: string): string {
  const lines = [`curl ${url}`, `-H "authorization: Bearer ${token(values)}"`];
  if (body) lines.push("-H 'content-type: application/json'", `-d '${body}'`);
  return lines.join(" \\\n  ");
}

/** How the service gets known and is called; the same whatever it is written in. */
function ending(values: Values): Block[] {
  return [
    { title: t.steps.register, note: t.steps.registerNote, text: curl(values, `${values.admin}/deployments`, `{"uri": "${values.service}"}`) },
    { title: t.steps.call, text: curl(values, `${values.ingress}/Greeter/greet`, '"Ada"') },
  ];
}

function cli(values: Values): Block[] {
  const { ingress, admin, service, console: origin } = values;
  const exported = [
    `export RESTATE_INGRESS_URL=${ingress}`,
    `export RESTATE_ADMIN_URL=${admin}`,
    // Without a known one: whatever the shell has in it.
    values.token ? `export RESTATE_AUTH_TOKEN=${values.token}` : "export RESTATE_AUTH_TOKEN",
    "restate whoami",
  ].join("\n");
  return [
    { title: t.steps.installCli, text: "npm install --global @restatedev/restate" },
    { title: t.steps.use, text: exported },
    { title: t.steps.register, note: t.steps.registerNote, text: `restate deployments register --yes ${service}` },
    ...ending(values).slice(1),
    { title: t.steps.rcloud, note: t.steps.rcloudNote, text: `rcloud login --url ${origin}` },
  ];
}

function written(file: string, text: string): Block {
  return { title: t.steps.write(file), note: t.steps.writeNote, text };
}

/** A whole build file: with the dependencies alone nothing would run. */
const gradle = (plugins: string[], processor: string, api: string, main: string) => `plugins {
  ${plugins.join("\n  ")}
}

repositories {
  mavenCentral()
}

dependencies {
  ${processor}
  implementation("dev.restate:${api}:${JAVA_SDK}")
  implementation("dev.restate:sdk-request-identity:${JAVA_SDK}")
}

application {
  mainClass = "${main}"
}`;
const KOTLIN = ['kotlin("jvm") version "2.2.10"', 'id("com.google.devtools.ksp") version "2.2.10-2.0.2"', "application"];
const PROCESSORS = {
  java: `annotationProcessor("dev.restate:sdk-api-gen:${JAVA_SDK}")`,
  kotlin: `ksp("dev.restate:sdk-api-kotlin-gen:${JAVA_SDK}")`,
};

const MAKERS: Record<Way, (values: Values) => Block[]> = {
  cli,
  typescript: (values) => [
    { title: t.steps.install, text: "npm install @restatedev/restate-sdk" },
    written("greeter.mts", typescriptSource(values.keys, port(values.service))),
    { title: t.steps.run, text: "node greeter.mts" },
    ...ending(values),
  ],
  python: (values) => [
    { title: t.steps.install, text: 'pip install "restate-sdk[serde]" hypercorn' },
    written("greeter.py", pythonSource(values.keys, port(values.service))),
    { title: t.steps.run, text: "python greeter.py" },
    ...ending(values),
  ],
  java: (values) => [
    { title: t.steps.write("build.gradle.kts"), text: gradle(["application"], PROCESSORS.java, "sdk-java-http", "Greeter") },
    written("src/main/java/Greeter.java", javaSource(values.keys, port(values.service))),
    { title: t.steps.run, text: "gradle run" },
    ...ending(values),
  ],
  kotlin: (values) => [
    { title: t.steps.write("build.gradle.kts"), text: gradle(KOTLIN, PROCESSORS.kotlin, "sdk-kotlin-http", "GreeterKt") },
    written("src/main/kotlin/Greeter.kt", kotlinSource(values.keys, port(values.service))),
    { title: t.steps.run, text: "gradle run" },
    ...ending(values),
  ],
  go: (values) => [
    { title: t.steps.install, text: "go mod init greeter\ngo get github.com/restatedev/sdk-go" },
    written("main.go", goSource(values.keys, port(values.service))),
    { title: t.steps.run, text: "go run ." },
    ...ending(values),
  ],
  curl: (values) => [{ title: t.steps.look, note: t.steps.lookNote, text: curl(values, `${values.admin}/deployments`) }, ...ending(values)],
};

export function blocks(way: Way, values: Values): Block[] {
  return MAKERS[way](values);
}
