"""All pictures on one page to look at, and the README's own, small."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from PIL import Image

from tests.screenshots.visits import Picture

_LARGEST_BYTES = 150 * 1024
_SHOWN = (0, 0, 1280, 800)
_HEAD = """<!doctype html><meta charset="utf-8"><title>Screenshots</title>
<style>
body { font: 14px system-ui, sans-serif; margin: 2rem; color-scheme: light dark; }
.row { display: flex; gap: 1rem; align-items: start; overflow-x: auto; }
img { height: 420px; border: 1px solid #8884; }
li { color: #b3261e; }
</style>
"""


def write(pictures: Sequence[Picture], folder: Path) -> Path:
    """``index.html`` beside them."""
    text = _HEAD
    for name, group in groupby(pictures, key=lambda one: one.name):
        shown = list(group)
        wrong = "".join(f"<li>{escape(fault)}</li>" for fault in dict.fromkeys(f for one in shown for f in one.faults))
        images = "".join(
            f'<a href="{one.file}"><img loading="lazy" src="{one.file}" alt="{one.file}"></a>' for one in shown
        )
        text += f'<h2>{escape(name)}</h2><ul>{wrong}</ul><div class="row">{images}</div>\n'
    path = folder / "index.html"
    path.write_text(text)
    return path


def shrink(source: Path, target: Path) -> None:
    """Its first screenful with as many colours as fit into what a README may weigh."""
    with Image.open(source) as image:
        whole = image.convert("RGB").crop(_SHOWN)
        for colours in (None, 256, 128, 64):
            shown = whole.quantize(colours, dither=Image.Dither.NONE) if colours else whole
            shown.save(target, optimize=True)
            if target.stat().st_size <= _LARGEST_BYTES:
                return
    raise AssertionError(f"{target} is larger than {_LARGEST_BYTES} bytes")
