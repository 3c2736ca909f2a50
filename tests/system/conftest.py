"""One plane for this folder, and what tests make on it: a worker that has done with the folder stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from embedded.layout import locate
from tests.support import binaries, services
from tests.support.aws_account import aws
from tests.support.aws_double import AwsDouble, plane_settings
from tests.support.cast import Cast, assemble
from tests.support.crowd import gather
from tests.support.plane import Plane
from tests.support.tenants import Caller, Environment, Person, create_environment, sign_up
from tests.system.requests_control_plane import Victim, victim_of

__all__ = ["aws"]


@pytest.fixture(scope="package")
def plane(tmp_path_factory: pytest.TempPathFactory, aws: AwsDouble) -> Iterator[Plane]:
    """The embedded mode with a home and ports of its own, an identity in AWS, and several engine versions."""
    versions = binaries.plane_settings(tmp_path_factory.mktemp("binaries"))
    with Plane(tmp_path_factory.mktemp("plane"), {**plane_settings(aws), **versions}) as running:
        yield running


@pytest.fixture
def signed_up(plane: Plane) -> Person:
    """A fresh user with an access token."""
    return sign_up(plane.api_url)


@pytest.fixture(scope="package")
def environment(plane: Plane) -> Callable[..., Environment]:
    """Factory: a ready environment in a new account, of ``owner`` or of a fresh user."""

    def create(owner: Person | None = None, name: str = "dev") -> Environment:
        return create_environment(owner or sign_up(plane.api_url), name)

    return create


@pytest.fixture(scope="package")
def api_key() -> Callable[[Environment, str], str]:
    """Factory: the secret of a new API key of an environment with a role."""
    return Environment.api_key


@dataclass(frozen=True)
class Examples:
    """An environment with both example services registered; ``caller`` holds a full API key."""

    environment: Environment
    caller: Caller
    typescript: services.Service
    python: services.Service


@pytest.fixture(scope="package")
def examples(environment: Callable[..., Environment], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examples]:
    """Shared by all tests: keys, ids and words must be a test's own."""
    home = environment()
    keys = [home.signing_public_key]
    typescript = services.typescript(tmp_path_factory.mktemp("typescript"), keys)
    python = services.python(tmp_path_factory.mktemp("python"), keys)
    caller = home.using(home.api_key())
    with typescript, python:
        for service in (typescript, python):
            registered = caller.register(service.url)
            assert registered.status_code == 201, registered.text
        yield Examples(home, caller, typescript, python)


@pytest.fixture(scope="package")
def cast(plane: Plane) -> Cast:
    """Two tenants, and everybody who may knock at the first one's door. Nothing is deployed in either environment."""
    return assemble(plane.api_url, locate(plane.env))


@pytest.fixture(scope="package")
def crowd(plane: Plane, cast: Cast) -> dict[str, str]:
    """Bearer tokens of everybody else who may knock at the cast's own environment."""
    return gather(cast, locate(plane.env))


@pytest.fixture(scope="package")
def bystander(cast: Cast) -> Victim:
    """For those who can do no harm."""
    return victim_of(cast)


@pytest.fixture(scope="package")
def shared(plane: Plane) -> dict[str, int]:
    """The ports all environments share, where the host name decides."""
    return {"ingress": plane.endpoints["ingressPort"], "admin": plane.endpoints["adminPort"]}


@pytest.fixture(scope="package")
def host(cast: Cast) -> str:
    """The own environment's host name."""
    return f"{cast.own.label}.env.local.restate.localhost"
