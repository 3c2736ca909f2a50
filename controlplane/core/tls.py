"""The public API's own TLS: its certificate, read again when its file changes, and what is wrong with it."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509

log = structlog.get_logger()
_LOOK_EVERY_SECONDS = 5.0


class CertificateUnusable(Exception):
    """Why, and which file."""


@dataclass(frozen=True)
class Certificate:
    """DNS names and IP addresses it is for, and until when."""

    names: tuple[str, ...]
    expires_at: datetime

    def is_for(self, host: str) -> bool:
        """RFC 6125 §6.4.3: a wildcard stands for the whole first label and nothing else."""
        parent = host.partition(".")[2]
        return host.lower() in self._lower or (bool(parent) and f"*.{parent}".lower() in self._lower)

    @property
    def _lower(self) -> set[str]:
        return {name.lower() for name in self.names}


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's context (TLS 1.2 and 1.3). Raises `CertificateUnusable`."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    _load(made, certificate, key)
    return made


def read(certificate: Path, key: Path) -> Certificate:
    """The leaf, once the pair has proven to belong together. Raises `CertificateUnusable`."""
    context(certificate, key)
    leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    try:
        alternatives = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Certificate((), leaf.not_valid_after_utc)
    addresses = [str(address) for address in alternatives.get_values_for_type(x509.IPAddress)]
    return Certificate((*alternatives.get_values_for_type(x509.DNSName), *addresses), leaf.not_valid_after_utc)


async def keep_fresh(live: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Give new connections a renewed certificate; one that is half written waits for its other half. Never returns."""
    # The first look loads it again: it may have changed since `live` was made.
    loaded: tuple[object, ...] | None = None
    while True:
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        found = _stamp(certificate, key)
        if found == loaded:
            continue
        try:
            # Tried on another one first: a failed load would leave the live one without a key.
            context(certificate, key)
            _load(live, certificate, key)
        except CertificateUnusable as error:
            log.warning("certificate_not_loaded", reason=str(error))
            continue
        loaded = found
        log.info("certificate_loaded", certificate=str(certificate))


def _load(into: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        # A passphrase would be asked for on a terminal that is not there.
        into.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or str(error)
        raise CertificateUnusable(f"{certificate} with {key}: {reason}") from error


def _stamp(*files: Path) -> tuple[object, ...]:
    def of(file: Path) -> object:
        try:
            status = file.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    return tuple(of(file) for file in files)
