"""A WebAuthn authenticator and its browser, in software (level 3, §6 and §7): every field can be falsified."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

Json = dict[str, Any]
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One credential (ES256). ``verifies``: it checks a PIN or finger before it signs."""

    origin: str = "http://localhost:8000"
    verifies: bool = True
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0
    user_handle: bytes = b""

    def create(self, options: Json, **false: Any) -> Json:
        """The answer to creation options. ``false``: another ``challenge``, ``origin``, ``rp_id`` or ``kind``."""
        self.user_handle = base64url_to_bytes(options["user"]["id"])
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + self._public_key()
        data = self._data(false.get("rp_id", options["rp"]["id"]), ATTESTED | self._flags()) + attested
        response = {
            "clientDataJSON": self._client_data("webauthn.create", options, false),
            "attestationObject": bytes_to_base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._credential(response)

    def get(self, options: Json, **false: Any) -> Json:
        """The answer to request options. Further ``false``: ``user_handle``, ``count``, ``signature``."""
        self.count = false.get("count", self.count + 1)
        client_data = self._client_data("webauthn.get", options, false)
        data = self._data(false.get("rp_id", options["rpId"]), self._flags())
        signed = data + sha256(base64url_to_bytes(client_data)).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        handle = false.get("user_handle", self.user_handle)
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(false.get("signature", signature)),
        }
        return self._credential(response | ({"userHandle": bytes_to_base64url(handle)} if handle else {}))

    def _credential(self, response: Json) -> Json:
        identifier = bytes_to_base64url(self.credential_id)
        return {"id": identifier, "rawId": identifier, "type": "public-key", "response": response}

    def _client_data(self, kind: str, options: Json, false: Json) -> str:
        content = {
            "type": false.get("kind", kind),
            "challenge": false.get("challenge", options["challenge"]),
            "origin": false.get("origin", self.origin),
            "crossOrigin": False,
        }
        return bytes_to_base64url(json.dumps(content).encode())

    def _data(self, rp_id: Any, flags: int) -> bytes:
        return sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _flags(self) -> int:
        return PRESENT | (VERIFIED if self.verifies else 0)

    def _public_key(self) -> bytes:
        """COSE (RFC 9053 §7.1.1): EC2, ES256, P-256."""
        numbers = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
