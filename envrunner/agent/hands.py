"""What is done to one engine, blocking; deciding when is `envrunner.agent.engine`'s."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path

from envrunner import durable
from envrunner.egress.guard import EgressGuard
from envrunner.engine import aws, binaries, directories, entrance, obituary
from envrunner.engine.accounts import EngineAccounts, edge_account
from envrunner.engine.program import fingerprint, program
from envrunner.keep import Keeper, Kept, rotate
from envrunner.settings import Settings
from envrunner.shipping.lines import Cleaner
from envrunner.wire import Spec

_REASON_BYTES = 400


class NoSigningKey(Exception):
    """A spec to run without a signing key: calls to services could not be told from forged ones."""


@dataclass(frozen=True)
class Workshop:
    """What all engines of a node share."""

    settings: Settings
    keeper: Keeper
    accounts: EngineAccounts
    edge_uid: int | None
    egress: EgressGuard

    @classmethod
    def open(cls, settings: Settings) -> Workshop:
        """Make the directories that are missing."""
        for directory in (settings.engines_dir, settings.log_dir / "engines", settings.state_dir / "fingerprints"):
            durable.make_directory(directory)
        edge_uid = edge_account()
        durable.make_directory(settings.sockets_dir, 0o700 if edge_uid is None else 0o711)
        accounts = EngineAccounts(settings.state_dir, settings.engine_uid_from)
        keeper = Keeper(settings.state_dir / "keep")
        return cls(settings, keeper, accounts, edge_uid, EgressGuard(settings, accounts))


class Hands:
    """One engine's process, files and sockets. Not for concurrent use, but for `rotate_log`."""

    def __init__(self, label: str, workshop: Workshop) -> None:
        settings = workshop.settings
        self.label = self._label = label
        self._workshop = workshop
        self._entrance: entrance.Entrance | None = None
        self._directory = settings.engines_dir / label
        self._sockets = settings.sockets_dir / label
        self._fingerprint = settings.state_dir / "fingerprints" / label
        self._log_lock = threading.Lock()
        self._aws = aws.variables(settings)
        self._cleaner = Cleaner(settings.directories, _REASON_BYTES)
        self.log_file = settings.log_dir / "engines" / f"{label}.log"

    @property
    def admin_socket(self) -> Path:
        """Where queries go."""
        return self._sockets / entrance.ADMIN

    def adopt(self) -> Kept | None:
        """The engine if it runs, whoever started it."""
        return self._workshop.keeper.adopt(self._label)

    def check(self, spec: Spec) -> None:
        """Before an engine is stopped for it: can the spec run here? Raises `UnknownEngineVersion`, `NoSigningKey`."""
        binaries.find(self._workshop.settings.engine_binaries, spec.engine_version)
        if not spec.signing_key_pem:
            raise NoSigningKey("the spec has no signing key")

    def runs_as(self, spec: Spec) -> bool:
        """Whether the engine was last started with exactly this configuration."""
        try:
            return self._fingerprint.read_text() == fingerprint(spec, self._aws)
        except FileNotFoundError:
            return False

    def prepare(self, spec: Spec) -> None:
        """Directory, identity and listening sockets. From now on requests wait instead of failing."""
        uid = self._workshop.accounts.of(self._label)
        directories.prepare(self._directory, uid, spec.signing_key_pem or "", aws.files(self._workshop.settings))
        if self._entrance is None:
            self._entrance = entrance.make(self._sockets, self._workshop.edge_uid)

    def renew_entrance(self) -> Path:
        """New connections wait for the next engine; the way to the admin API of the one that runs. Raises OSError."""
        # An agent killed from here on must not find an engine that needs no restart: its sockets have lost their names.
        self._fingerprint.unlink(missing_ok=True)
        old = entrance.keep_way(self._sockets)
        fresh = entrance.make(self._sockets, self._workshop.edge_uid)
        if self._entrance:
            self._entrance.close()
        self._entrance = fresh
        return old

    def start(self, spec: Spec) -> Kept:
        """After `prepare`. Raises OSError when it cannot be executed, `AlreadyRunning`."""
        assert self._entrance is not None  # noqa: S101 - prepare() was called
        workshop = self._workshop
        binary = binaries.find(workshop.settings.engine_binaries, spec.engine_version)
        uid = workshop.accounts.of(self._label)
        self._fingerprint.unlink(missing_ok=True)
        with program(spec, self._aws, binary, self._entrance, self._directory, self.log_file, uid) as ready_made:
            kept = workshop.keeper.start(ready_made)
        # Only now: an agent killed in between leaves none, and the next one restarts once rather than never.
        # On a full disk the engine had better go on, too.
        with contextlib.suppress(OSError):
            self._fingerprint.write_text(fingerprint(spec, self._aws))
        return kept

    def shut(self) -> None:
        """Take the sockets away: nothing will answer, so nothing shall wait."""
        if self._entrance:
            self._entrance.close()
            self._entrance = None
        entrance.remove(self._sockets)

    def destroy(self) -> None:
        """After the engine has stopped: data, identity, sockets and log. Raises OSError, and may be repeated."""
        self.shut()
        directories.destroy(self._directory)
        self._fingerprint.unlink(missing_ok=True)
        self._workshop.keeper.forget(self._label)
        with self._log_lock:
            for file in self.log_file.parent.glob(f"{self._label}.log*"):
                file.unlink()

    def obituary(self, exit_status: int | None) -> str:
        """Why it ended."""
        return obituary.reason(exit_status, self.log_file, self._cleaner)

    def last_error(self) -> str | None:
        """The last one in its log."""
        return obituary.last_error(self.log_file, self._cleaner)

    def told(self, error: Exception) -> str:
        """An error of this node's in words for the tenant."""
        return self._cleaner.text(str(error) or repr(error))

    def rotate_log(self) -> None:
        """Keep the log within bounds; any thread may call this."""
        with self._log_lock, contextlib.suppress(FileNotFoundError):
            rotate(self.log_file, self._workshop.settings.engine_log_bytes)
