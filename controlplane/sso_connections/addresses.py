"""Where a sign-in through a provider begins and where the provider sends people back to."""

from controlplane.settings import settings


def start_url(provider: str) -> str:
    return f"{settings().console_url}/api/v1/auth/sso/{provider}"


def callback_url(provider: str) -> str:
    """The redirect URI to register at the provider. Each provider has its own (RFC 9700 §4.4.2)."""
    return f"{start_url(provider)}/callback"
