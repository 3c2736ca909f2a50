"""A newer build takes the older one's place under the eyes of readers (web/swap.mjs)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from starlette.testclient import TestClient

from tests.controlplane.console.test_console import dist

__all__ = ["dist"]
SWAP = Path(__file__).parents[3] / "web" / "swap.mjs"
BUILDS = 15
BUILDING = """
import { mkdir, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { swap } from "SWAP";
const [, part, dist] = process.argv;
let n = FIRST;
for await (const line of createInterface({ input: process.stdin })) {
  await mkdir(`${part}/assets`, { recursive: true });
  await writeFile(`${part}/assets/main-${n}.js`, `build(${n})`);
  await writeFile(`${part}/assets/same-a.js`, "same()");
  await writeFile(`${part}/index.html`, `<script src="/console/assets/main-${n}.js">`);
  await swap(part, dist);
  console.log(n);
  n += STEP;
}
"""


def building(part: Path, dist: Path, first: int = 0, step: int = 1) -> subprocess.Popen[bytes]:
    """Builds once for each line it is given."""
    program = BUILDING.replace("SWAP", SWAP.as_uri()).replace("FIRST", str(first)).replace("STEP", str(step))
    node = Path(sys.executable).with_name("node")
    command: list[str | Path] = [node, "--input-type=module", "-e", program, "--", part, dist]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_nobody_meets_a_moment_without_a_console(tmp_path: Path, dist: Path, client: TestClient) -> None:
    node = building(tmp_path / "part", dist)
    assert node.stdin
    assert node.stdout
    node.stdin.write(b"\n")
    node.stdin.flush()
    for _ in range(BUILDS - 1):
        # One build at a time goes on while somebody reads.
        assert node.stdout.readline()
        node.stdin.write(b"\n")
        node.stdin.flush()
        answer = client.get("/console/")
        assert answer.status_code == 200, answer.text
        script = re.findall('"(.*)"', answer.text)[0]
        assert client.get(script).status_code == 200
    node.stdin.close()
    assert node.wait() == 0
    last = BUILDS - 1
    assert client.get(f"/console/assets/main-{last}.js").text == f"build({last})"
    assert client.get(f"/console/assets/main-{last - 1}.js").status_code == 200, "an open tab goes on"
    assert client.get("/console/assets/main-1.js").status_code == 404
    kept = {f"main-{number}.js" for number in (last, last - 1, last - 2)}
    assert {path.name for path in (dist / "assets").iterdir()} == {"same-a.js", *kept}


def test_a_build_that_changes_nothing_lets_no_older_one_go(tmp_path: Path, dist: Path) -> None:
    building(tmp_path / "part", dist).communicate(b"\n\n", timeout=60)
    building(tmp_path / "part", dist, first=1, step=0).communicate(b"\n" * 4, timeout=60)
    assert {path.name for path in (dist / "assets").iterdir()} == {"same-a.js", "main-0.js", "main-1.js"}
