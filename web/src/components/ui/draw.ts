/** Of a drawing's coordinates, which are stretched to the place there is. */
export const WIDTH = 1000;
export const HEIGHT = 100;
const LEAST_BAR = 1.5;

/** SVG paths: a line that breaks where nothing is known, what is below it, and dots for values without neighbours. */
export function paths(times: readonly string[], places: readonly number[], values: readonly (number | null)[], greatest: number, stepMilliseconds: number) {
  const runs: string[][] = [];
  let last = -Infinity;
  values.forEach((value, index) => {
    if (value === null) return;
    const time = Date.parse(times[index] ?? "");
    if (time - last > stepMilliseconds * 1.5) runs.push([]);
    runs.at(-1)?.push(`${(places[index] ?? 0).toFixed(1)} ${(HEIGHT - (value / (greatest || 1)) * HEIGHT).toFixed(2)}`);
    last = time;
  });
  const lines = runs.filter((run) => run.length > 1);
  return {
    line: lines.map((run) => `M${run.join("L")}`).join(""),
    area: lines.map((run) => `M${run.join("L")}V${String(HEIGHT)}H${run[0]?.split(" ")[0] ?? ""}Z`).join(""),
    // A line of no length, which round ends make a dot.
    dots: runs.filter((run) => run.length === 1).map((run) => `M${run.join("")}l0 0`).join(""),
  };
}

/** An SVG path of bars around their places, `step` apart; what is not nothing can be seen. */
export function bars(places: readonly number[], values: readonly (number | null)[], greatest: number, step: number): string {
  const width = Math.max(step * 0.7, 1);
  return values
    .map((value, index) => {
      if (!value) return "";
      const top = HEIGHT - Math.max((value / (greatest || 1)) * HEIGHT, LEAST_BAR);
      return `M${((places[index] ?? 0) - width / 2).toFixed(1)} ${String(HEIGHT)}V${top.toFixed(2)}h${width.toFixed(1)}V${String(HEIGHT)}Z`;
    })
    .join("");
}
