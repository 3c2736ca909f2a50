// A new build takes the old one's place file by file, the index last: who asks in between gets the one or the other, and
// never nothing. Files of the builds before stay for a while, since tabs that are open ask for their parts when they come to them.
import { cp, mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

const INDEX = "index.html";
const GENERATIONS = ".generations";
/** Of older builds whose files stay. */
const KEPT = 2;

/** Moves what is in `part` to `dist`; may be killed at any instruction, and then repeated. */
export async function swap(part, dist) {
  const fresh = await names(part);
  await mkdir(dist, { recursive: true });
  const older = (await generations(dist)).filter((one) => one.join() !== fresh.join()).slice(0, KEPT);
  const kept = new Set([...fresh, ...older.flat(), GENERATIONS, ".sources"]);
  await writeFile(join(dist, `${GENERATIONS}.part`), JSON.stringify([fresh, ...older]));
  for (const name of fresh.filter((one) => !one.startsWith(INDEX))) await put(part, dist, name);
  // From here on the new one is known, whoever is killed: nothing of it or of the one that is shown is taken away.
  await rename(join(dist, `${GENERATIONS}.part`), join(dist, GENERATIONS));
  // The control plane reads a build anew when it sees another index, and by then all that belongs to it must be there.
  for (const name of fresh.filter((one) => one.startsWith(INDEX)).toReversed()) await put(part, dist, name);
  for (const name of await names(dist)) if (!kept.has(name)) await rm(join(dist, name), { force: true });
  await rm(part, { recursive: true, force: true });
}

/** The files of each build whose files are there, the newest first. */
async function generations(dist) {
  try {
    return JSON.parse(await readFile(join(dist, GENERATIONS), "utf8"));
  } catch {
    const found = await names(dist);
    return found.length ? [found] : [];
  }
}

/** Copied, and not moved: what is repeated finds all of it again. */
async function put(part, dist, name) {
  const target = join(dist, name);
  await mkdir(dirname(target), { recursive: true });
  await cp(join(part, name), `${target}.part`);
  await rename(`${target}.part`, target);
}

async function names(folder) {
  if (!(await stat(folder).catch(() => null))) return [];
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map((one) => relative(folder, join(one.parentPath, one.name))).sort();
}
