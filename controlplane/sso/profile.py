from dataclasses import dataclass

from controlplane.users.schemas import normalized_email


@dataclass(frozen=True)
class Profile:
    """Whom a provider has signed in. `email` is one it has verified, in its stored form; null when there is none."""

    subject: str
    email: str | None
    name: str | None


def verified_email(email: object, verified: object) -> str | None:
    """The address if the provider says that it has verified it; some say so in words."""
    if not isinstance(email, str) or verified not in (True, "true") or len(email) > 254:
        return None
    try:
        return normalized_email(email)
    except ValueError:
        return None


def person_name(*parts: object) -> str | None:
    """Their name, without what cannot be shown."""
    words = " ".join(part.strip() for part in parts if isinstance(part, str))
    return "".join(character for character in words if character.isprintable()).strip()[:100] or None
