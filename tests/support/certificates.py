"""A private certification authority, and certificates of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_NAMES = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME}


class Authority:
    """With a P-384 key; its certificate is the file ``certificate``."""

    def __init__(self, directory: Path, subject: dict[str, str] | None = None) -> None:
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP384R1())
        self.name = _name(subject or {"CN": "Private test root"})
        self.certificate = directory / "root.pem"
        self.certificate.write_bytes(self._root().public_bytes(Encoding.PEM))

    def issue(self, names: Sequence[str], stem: str = "server", days: int = 30) -> tuple[Path, Path]:
        """PEM files of a certificate for DNS names or IP addresses, expired when ``days`` is negative, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, key_file = self.directory / f"{stem}.pem", self.directory / f"{stem}.key"
        builder = self._builder(_name({"CN": names[0]}), key.public_key(), days)
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        signed = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        certificate.write_bytes(signed.sign(self.key, hashes.SHA384()).public_bytes(Encoding.PEM))
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, key_file

    def key_pem(self) -> bytes:
        """The authority's own key: with its certificate, a server's that has signed for itself."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def _root(self) -> x509.Certificate:
        builder = self._builder(self.name, self.key.public_key(), 60)
        authority = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return authority.sign(self.key, hashes.SHA384())

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
        )


def _name(parts: dict[str, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(_NAMES[short], value) for short, value in parts.items()])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
