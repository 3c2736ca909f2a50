// Types from openapi.json, the bundle, and every file of it compressed once; dist/ is never without a console meanwhile.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build } from "vite";
import { swap } from "./swap.mjs";
import { writeTypes } from "./types.mjs";

const PART = "dist.part";
const TEXT = new Set([".html", ".js", ".css", ".svg", ".json"]);

await writeTypes();
await build({ logLevel: "warn" });
await Promise.all((await files(PART)).filter((name) => TEXT.has(extname(name))).map(compress));
await swap(PART, "dist");

async function files(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

async function compress(name) {
  const content = await readFile(name);
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } };
  await writeFile(`${name}.gz`, await promisify(gzip)(content, { level: 9 }));
  await writeFile(`${name}.br`, await promisify(brotliCompress)(content, brotli));
}
