"""The environment variables that pip, uv and npm run with: the user's mirrors and certificates, no other surprises."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

# Where packages come from and how they are fetched is the user's to decide; where they go is ours.
_SOURCES = re.compile(
    r"PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|CERT|CLIENT_CERT|PROXY|TRUSTED_HOST|TIMEOUT|DEFAULT_TIMEOUT"
    r"|RETRIES|CACHE_DIR|NO_CACHE_DIR|CONFIG_FILE|KEYRING_PROVIDER)"
    r"|UV_(INDEX\w*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|INSECURE_HOST|NATIVE_TLS|SYSTEM_CERTS|HTTP_TIMEOUT"
    r"|HTTP_\w+|CACHE_DIR|NO_CACHE|LINK_MODE|CONFIG_FILE|NO_CONFIG|KEYRING_PROVIDER|OFFLINE|CONCURRENT_\w+)"
)
_PRIVATE_CACHE = "cache"


def for_installers(venv: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The environment for pip, uv and npm; ``given`` is the caller's. Caches stay in ``venv`` if HOME is not usable."""
    env = {name: value for name, value in given.items() if _kept(name)}
    env.update(PIP_REQUIRE_VIRTUALENV="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_ROOT_USER_ACTION="ignore")
    env.update(UV_NO_PROGRESS="1", UV_PYTHON_DOWNLOADS="never")
    # Company networks re-sign TLS: the certificates that the operating system trusts count, as they do for pip.
    env.setdefault("UV_SYSTEM_CERTS", "1")
    env.setdefault("NODE_USE_SYSTEM_CA", "1")
    if not any(name in env for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")) and (mirror := _pip_mirror(env)):
        env["UV_DEFAULT_INDEX"] = mirror
    if not _home_usable(env):
        private = venv / _PRIVATE_CACHE
        env.setdefault("UV_CACHE_DIR", str(private / "uv"))
        env.setdefault("PIP_CACHE_DIR", str(private / "pip"))
        env.setdefault("npm_config_cache", str(private / "npm"))
    return env


def remove_private_caches(venv: Path) -> None:
    """Remove the caches that `for_installers` put into the checkout."""
    shutil.rmtree(venv / _PRIVATE_CACHE, ignore_errors=True)


def advice(said: Iterable[str]) -> str:
    """One sentence on what to do, from the last lines an installer wrote."""
    text = "\n".join(said).lower()
    if any(word in text for word in ("no space left", "enospc", "disk quota")):
        return "The disk is full: free some space and run this again."
    if any(word in text for word in ("hash mismatch", "do not match the hashes", "eintegrity")):
        return "A package is not the one that was locked: look at the mirror it came from."
    if any(word in text for word in ("certificate", "unknownissuer", "self_signed")):
        return "TLS was refused: set SSL_CERT_FILE and NODE_EXTRA_CA_CERTS to your network's certificates."
    network = ("connect", "resolve", "dns", "timed out", "timeout", "network", "eai_again", "enotfound", "fetch")
    # What pip says, after warnings it was told to keep to itself, when no index answers.
    if any(word in text for word in (*network, "no matching distribution")):
        return "The package index cannot be reached: check the network, or set PIP_INDEX_URL and npm_config_registry."
    return "The full output is in .venv/install.log; its last lines:"


def _kept(name: str) -> bool:
    if name.startswith(("PIP_", "UV_")):
        return _SOURCES.fullmatch(name) is not None
    return not name.startswith("PYTHON") and name not in ("VIRTUAL_ENV", "CONDA_PREFIX", "NODE_OPTIONS")


def _pip_mirror(env: Mapping[str, str]) -> str | None:
    """The index of pip's environment or configuration files, which uv does not read."""
    if "PIP_INDEX_URL" in env:
        return env["PIP_INDEX_URL"]
    home = Path(env.get("HOME") or "/")
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf", config / "pip/pip.conf"]
    reader = configparser.RawConfigParser()
    try:
        reader.read([*files, env.get("PIP_CONFIG_FILE", os.devnull)])
    except configparser.Error:
        return None
    return reader.get("install", "index-url", fallback=reader.get("global", "index-url", fallback=None))


def _home_usable(env: Mapping[str, str]) -> bool:
    home = env.get("HOME")
    if not home or not Path(home).is_dir():
        return False
    try:
        with tempfile.TemporaryFile(dir=home):
            return True
    except OSError:
        return False
