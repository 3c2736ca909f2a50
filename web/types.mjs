// src/api/schema.gen.ts from openapi.json: `node types.mjs`, and part of every build.
import { readFile, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";

export async function writeTypes() {
  const document = JSON.parse(await readFile("openapi.json", "utf8"));
  const options = { rootTypes: true, rootTypesNoSchemaPrefix: true, silent: true };
  const text = astToString(await openapi(document, options));
  const target = "src/api/schema.gen.ts";
  const have = await readFile(target, "utf8").catch(() => "");
  if (have !== text) await writeFile(target, text);
}

if (process.argv[1] === import.meta.filename) await writeTypes();
