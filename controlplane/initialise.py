"""`controlplane init`: what a new installation needs once. Running it again changes nothing."""

from controlplane.core import secret_files
from controlplane.core.database import transaction
from controlplane.runners import service as runners
from controlplane.settings import settings

CREDENTIAL = "runner-credential"


def initialise(capacity: int) -> None:
    """Create missing secrets and register this machine's runner under its credential file."""
    secret_files.create_missing()
    s = settings()
    path = s.secrets_dir / CREDENTIAL
    secret_files.create(path)
    with transaction() as session:
        runners.register(session, s.runner_id, s.region, path.read_text().strip(), capacity)
