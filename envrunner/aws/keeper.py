"""Keeps each running engine's credentials fresh: a file in its directory, renewed long before it expires."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import structlog

from envrunner.aws.door import LASTS, AwsTrouble, Credentials, Door
from envrunner.engine import aws, directories
from envrunner.keep import Backoff
from envrunner.settings import Settings
from envrunner.wire import label_of

_log = structlog.get_logger()

_RENEW_BEFORE = timedelta(minutes=25)
_AGAIN = timedelta(seconds=30)


class Keeper:
    """`round` by `round`; what an earlier process left is renewed in the first."""

    def __init__(self, given: Settings, door: Door, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._directory = given.engines_dir
        self._script = aws.files(given)[aws.SCRIPT_FILE]
        self._door = door
        self._now = now
        self._expires: dict[str, datetime] = {}
        self._backoff = Backoff(first_seconds=1.0, limit_seconds=30.0)
        self._not_before = datetime.min.replace(tzinfo=UTC)

    def round(self, running: Iterable[str]) -> None:
        """Renew what expires soon, of the environments that run; one that AWS refuses keeps the others waiting."""
        ids = sorted(running)
        for gone in set(self._expires) - set(ids):
            del self._expires[gone]
        for environment_id in ids:
            if not self._is_due(environment_id):
                continue
            if self._now() < self._not_before:
                self._withdraw_expired(environment_id)
                continue
            try:
                self._renew(environment_id)
            except AwsTrouble as trouble:
                self._failed(trouble)
                self._withdraw_expired(environment_id)
            except OSError as error:
                # Its directory was destroyed just now, or the disk fails, or something stands in the way there.
                self._expires[environment_id] = self._now() + _RENEW_BEFORE + _AGAIN
                _log.warning("credentials not written", environment_id=environment_id, error=str(error))

    def _is_due(self, environment_id: str) -> bool:
        expires = self._expires.get(environment_id)
        return expires is None or expires - self._now() < _RENEW_BEFORE

    def _renew(self, environment_id: str) -> None:
        directory = self._directory / label_of(environment_id)
        session = self._door.session(environment_id)
        # The engine may have been started before this node had an identity.
        directories.put(directory, aws.SCRIPT_FILE, self._script)
        directories.put(directory, aws.CREDENTIALS_FILE, printed(session))
        self._expires[environment_id] = session.expires_at
        if self._backoff.failures:
            _log.info("AWS answers again", failures=self._backoff.failures)
            self._backoff.reset()

    def _failed(self, trouble: AwsTrouble) -> None:
        if not self._backoff.failures:
            _log.error("engines get no credentials for AWS", reason=str(trouble))
        seconds = self._backoff.after(0) or self._backoff.first_seconds
        self._not_before = self._now() + timedelta(seconds=seconds)

    def _withdraw_expired(self, environment_id: str) -> None:
        """With none, the engine says what our script says; with expired ones, what AWS says."""
        # The file is not opened: it lies on its tenant's ground.
        directory = self._directory / label_of(environment_id)
        with contextlib.suppress(OSError):
            written = datetime.fromtimestamp((directory / aws.CREDENTIALS_FILE).lstat().st_mtime, UTC)
            if written + LASTS <= self._now():
                directories.take_away(directory, aws.CREDENTIALS_FILE)


def printed(session: Credentials) -> str:
    """As the SDK wants it of a ``credential_process``."""
    return json.dumps(
        {
            "Version": 1,
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.session_token,
            "Expiration": session.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
