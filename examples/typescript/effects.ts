import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";

/**
 * Does something to the outside world: appends one line to $EFFECTS_FILE, or prints it.
 *
 * To watch a crash in the middle, write an effect's text into the file named by $CRASH_FILE: the process dies just
 * before that effect, once. Started again, the handler goes on from there and repeats none of its finished steps.
 */
export function effect(text: string): void {
  crashIfAsked(text);
  const file = process.env.EFFECTS_FILE;
  if (file) {
    appendFileSync(file, `${text}\n`);
  } else {
    console.log(`effect: ${text}`);
  }
}

function crashIfAsked(text: string): void {
  const file = process.env.CRASH_FILE;
  if (file && existsSync(file) && readFileSync(file, "utf8").trim() === text) {
    rmSync(file);
    process.exit(1);
  }
}
