"""Starting to serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane import serve
from controlplane.settings import settings


def test_a_certificate_that_cannot_be_used_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Instead of serving plain HTTP to people who were promised better."""
    files = {"tls_certificate": tmp_path / "none.pem", "tls_key": tmp_path / "none.key"}
    with_tls = settings().model_copy(update=files)
    monkeypatch.setattr(serve, "settings", lambda: with_tls)
    monkeypatch.setattr("controlplane.serve.logs.configure", lambda _: None)
    with pytest.raises(SystemExit, match=r"none\.pem with .*none\.key: No such file or directory\. Name a PEM chain"):
        serve.serve()
