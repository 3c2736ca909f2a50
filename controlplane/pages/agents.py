"""A `User-Agent` in words. It is whatever a stranger sent: only words of ours come out, or a short piece of theirs."""

import re

_PROGRAMS = (
    (r"\brestate-cli/([\d.]+)", "restate CLI"),
    (r"\brcloud/([\d.]+)", "rcloud"),
    (r"\bcurl/([\d.]+)", "curl"),
    (r"\bEdg/(\d+)", "Edge"),
    (r"\bOPR/(\d+)", "Opera"),
    (r"\bFirefox/(\d+)", "Firefox"),
    (r"\b(?:Headless)?Chrom(?:e|ium)/(\d+)", "Chrome"),
    (r"\bVersion/(\d+)[\d.]* .*Safari/", "Safari"),
)
_SYSTEMS = (
    (r"iPhone|iPad", "iOS"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS X|macos|darwin", "macOS"),
    (r"Linux|linux", "Linux"),
)
_LENGTH = 60


def described(agent: str | None) -> str:
    """`Chrome 140 on Linux`, `restate CLI 1.7.12 on Linux`; else its first characters."""
    if not agent:
        return "A program that did not say its name"
    program = next((f"{name} {found[1]}" for pattern, name in _PROGRAMS if (found := re.search(pattern, agent))), None)
    if program is None:
        plain = "".join(c if c.isprintable() else " " for c in agent)
        return plain if len(plain) <= _LENGTH else f"{plain[:_LENGTH]}…"
    system = next((name for pattern, name in _SYSTEMS if re.search(pattern, agent)), None)
    return f"{program} on {system}" if system else program
