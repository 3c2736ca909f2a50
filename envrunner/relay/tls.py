"""TLS for those who call here."""

from __future__ import annotations

import ssl
from pathlib import Path


class NoCertificate(SystemExit):
    """One of the two files is missing, or cannot be used."""


def context(certificate: Path | None, key: Path | None, protocols: list[str]) -> ssl.SSLContext | None:
    """For a listener that offers ``protocols`` (ALPN); None without a certificate. Raises `NoCertificate`."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise NoCertificate("A certificate needs its key and the other way round: set both variables, or neither.")
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(protocols)
    try:
        made.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise NoCertificate(f"The certificate {certificate} and its key {key} cannot be used: {error}.") from None
    return made
