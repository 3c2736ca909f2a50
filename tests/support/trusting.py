"""A copy of the stock CLI 1.5.6 that trusts a private authority: MODIFIED, for showing what its login does.

That version trusts only the roots compiled into it, whatever SSL_CERT_FILE says (a private certificate is an
UnknownIssuer to it). One of these anchors, ISRG Root X2, is overwritten with ours: name and public key, byte for byte
as long. Nothing else in the copy differs.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.certificates import Authority

# As long as "Internet Security Research Group" and "ISRG Root X2".
SUBJECT = {"C": "ZZ", "O": "Tests of a self-hosted platform.", "CN": "Private root"}
# The uncompressed point (SEC 1 §2.3.3) of ISRG Root X2, as the public root certificate has it.
_POINT = bytes.fromhex(
    "04cd9bd59f80830aec094af3164a3e5ccf77acde67050d1d07b6dc16fb5a8b14dbe27160c4ba459511898eea06dff72a161ca4b9c5c532"
    "e003e01e8218388bd745d80a6a6ee60077fb02517d22d80a6e9a5b77dff0fa41ec39dc75ca68070c1fea"
)


def trusting_copy(binary: Path, authority: Authority, copy: Path) -> Path:
    """``copy``, which trusts ``authority``; its subject must be `SUBJECT`."""
    content = binary.read_bytes()
    end = content.index(_POINT) + len(_POINT)
    anchor = _contents(authority.name.public_bytes()) + _contents(
        authority.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    start = end - len(anchor)
    assert content[start : start + 2] == b"1\x0b", "the anchor's name does not begin where ours would"
    copy.write_bytes(content[:start] + anchor + content[end:])
    copy.chmod(0o755)
    return copy


def _contents(sequence: bytes) -> bytes:
    """Without the SEQUENCE's own tag and length, as trust anchors are compiled in."""
    assert sequence[1] < 0x80
    return sequence[2:]
