"""Which content coding a client prefers (RFC 9110 §12.5.3)."""

from collections.abc import Collection

_OURS = ("br", "gzip", "identity")


def preferred(accepted: str, available: Collection[str]) -> str:
    """The best of `available` for this `Accept-Encoding`; `identity` when it says nothing we can read."""
    weights = dict(_weights(accepted))
    rest = weights.get("*", 0.0)
    offers = [coding for coding in _OURS if coding in available]
    ranked = {coding: weights.get(coding, rest) for coding in offers if coding != "identity"}
    best = max(ranked, key=lambda coding: ranked[coding], default="identity")
    return best if ranked.get(best, 0.0) > 0 and ranked[best] >= weights.get("identity", 0.0) else "identity"


def _weights(accepted: str) -> list[tuple[str, float]]:
    found = []
    for part in accepted.lower().split(","):
        coding, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        if coding.strip():
            found.append((coding.strip(), _weight(value) if name == "q" else 1.0))
    return found


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
