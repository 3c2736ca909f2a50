"""`controlplane doctor`: one line per thing this installation stands on, and what to do when it does not."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

import httpx2
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from controlplane.aws import standing as aws
from controlplane.core import clock, secret_files, tls
from controlplane.core.database import transaction
from controlplane.health import service as health
from controlplane.health.schemas import Check
from controlplane.login import breached
from controlplane.mail import service as mail
from controlplane.mail.smtp import Unavailable
from controlplane.runners.models import Runner
from controlplane.runners.service import is_alive
from controlplane.settings import explained, settings

_RENEW_WITHIN = timedelta(days=7)
_RELAY, _RELAY_SECONDS = "relay.sock", 3.0


class Unwell(Exception):
    """What is wrong and what to do about it."""


def report() -> int:
    """Print every check; the exit status is 1 when any failed. Without settings nothing else can be checked."""
    console = Console(highlight=False, soft_wrap=True)
    if not _run(console, "settings", _settings):
        return 1
    results = [_run(console, name, check) for name, check in CHECKS.items()]
    return 0 if all(results) else 1


def _run(console: Console, name: str, check: Callable[[], str]) -> bool:
    try:
        message, well = check(), True
    except Unwell as error:
        message, well = str(error), False
    console.print("[green]✓[/]" if well else "[red]✗[/]", f"{name}:", message.replace("[", r"\["))
    return well


def _settings() -> str:
    try:
        return f"console {settings().console_url}, region {settings().region}"
    except ValidationError as error:
        raise Unwell(explained(error)) from error


def _secrets() -> str:
    try:
        for name in secret_files.NAMES:
            secret_files.secret(name)
    except secret_files.SecretMissing as error:
        raise Unwell(str(error)) from error
    loose = [n for n in secret_files.NAMES if (settings().secrets_dir / n).stat().st_mode & 0o077]
    if loose:
        raise Unwell(f"others can read {', '.join(loose)} in {settings().secrets_dir}; chmod 600 them")
    return f"{len(secret_files.NAMES)} files, readable by their owner only"


def _database() -> str:
    try:
        with transaction() as session:
            return _judged(health.database(session))
    except SQLAlchemyError as error:
        raise Unwell("does not answer; start it (embedded: script/up)") from error


def _queue() -> str:
    return _judged(health.broker())


def _runners() -> str:
    try:
        with transaction() as session:
            runners = list(session.scalars(select(Runner)))
    except SQLAlchemyError as error:
        raise Unwell("cannot be read while the database is away") from error
    silent = [runner.runner_id for runner in runners if not is_alive(runner)]
    if not runners:
        raise Unwell("none is registered; run `controlplane init`")
    if silent:
        raise Unwell(f"no sign of life for a minute from {', '.join(silent)}; start `envrunner worker` there")
    return ", ".join(f"{r.runner_id} ({r.engines} of {r.capacity} engines)" for r in runners)


def _outbound() -> str:
    """On a machine of one's own a plane may do without."""
    try:
        with transaction() as session:
            runners = list(session.scalars(select(Runner).order_by(Runner.runner_id)))
    except SQLAlchemyError as error:
        raise Unwell("cannot be read while the database is away") from error
    loose = [f"{r.runner_id} ({r.egress_reason or 'it has not said why'})" for r in runners if not r.egress_active]
    if not loose:
        return "what engines connect to is held by the kernel's rules on every runner"
    said = f"addresses are judged when they are registered, and not by the kernel on {', '.join(loose)}"
    if not settings().is_tried_out:
        raise Unwell(said)
    return said


def _relay() -> str:
    """Slower is not unwell."""
    if (run := settings().run_dir) is None:
        return "none on this host; on its own, GET /healthz on the unix socket relay.sock says in which form it runs"
    try:
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(run / _RELAY)), timeout=_RELAY_SECONDS) as client:
            said = client.get("http://relay/healthz").json()
    except (httpx2.TransportError, ValueError):
        return f"none answers at {run / _RELAY}; if one belongs on this host, script/up starts it"
    if said.get("compiled"):
        return "runs in machine code"
    if why := said.get("interpretedBecause"):
        return f"is interpreted, which takes it twice the time for a call: {why}"
    return "does not say in which form it runs, so it is of an older release: restart it (script/down, script/up)"


def _mail() -> str:
    if not settings().sends_mail and not settings().is_tried_out:
        raise Unwell("others reach this plane, and without CONTROLPLANE_SMTP_URL it takes every address on trust")
    try:
        return mail.check_transport()
    except Unavailable as error:
        raise Unwell(f"{error}; mail waits until CONTROLPLANE_SMTP_URL names a server that takes it") from error


def _tls() -> str:
    s = settings()
    if s.tls_certificate is None or s.tls_key is None:
        return "none of its own: plain HTTP on loopback, or something in front of it has the certificate"
    try:
        certificate = tls.read(s.tls_certificate, s.tls_key)
    except tls.CertificateUnusable as error:
        raise Unwell(f"{error}; name a PEM chain and its unencrypted key") from error
    _judge_certificate(certificate, urlsplit(s.console_url))
    return f"{', '.join(certificate.names)}, until {certificate.expires_at:%Y-%m-%d}"


def _judge_certificate(certificate: tls.Certificate, console: SplitResult) -> None:
    left = certificate.expires_at - clock.now()
    if console.scheme != "https":
        raise Unwell("there is a certificate, so let CONTROLPLANE_PUBLIC_URL begin with https:// (cookies, links)")
    if not certificate.is_for(console.hostname or ""):
        raise Unwell(f"the certificate is for {', '.join(certificate.names) or 'no name'}, not {console.hostname}")
    if left < timedelta(0):
        raise Unwell(f"the certificate expired on {certificate.expires_at:%Y-%m-%d}; renew it")
    if left < _RENEW_WITHIN:
        raise Unwell(f"the certificate expires on {certificate.expires_at:%Y-%m-%d}; renew it, no restart is needed")


def _passwords() -> str:
    path = settings().breached_passwords_file
    if path is None:
        return "the common ones are refused; CONTROLPLANE_BREACHED_PASSWORDS_FILE may name a file with all leaked ones"
    try:
        return f"leaked ones are refused by {breached.describe(path)}"
    except (OSError, ValueError) as error:
        raise Unwell(
            f"{path} is no list ordered by SHA-1 ({error}); download it anew, or unset the variable"
        ) from error


def _aws() -> str:
    try:
        return aws.standing()
    except aws.Unfit as error:
        raise Unwell(str(error)) from error


def _judged(check: Check) -> str:
    if not check.ok:
        raise Unwell(check.message)
    return check.message


CHECKS: dict[str, Callable[[], str]] = {
    "secrets": _secrets,
    "database": _database,
    "redis": _queue,
    "runners": _runners,
    "outbound": _outbound,
    "relay": _relay,
    "mail": _mail,
    "passwords": _passwords,
    "tls": _tls,
    "aws": _aws,
}
