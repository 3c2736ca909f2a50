"""Loads every models module, so that migrations and tests see the whole schema."""

from controlplane.accounts import models as accounts
from controlplane.api_keys import models as api_keys
from controlplane.audit import models as audit
from controlplane.core import idempotency
from controlplane.core.database import Base
from controlplane.domains import models as domains
from controlplane.edge_log import models as edge_log
from controlplane.environments import models as environments
from controlplane.identity_keys import models as identity_keys
from controlplane.invitations import models as invitations
from controlplane.login import models as login
from controlplane.logs import models as logs
from controlplane.mail import models as mail
from controlplane.members import models as members
from controlplane.oauth import models as oauth
from controlplane.operations import models as operations
from controlplane.outbound_policy import models as outbound_policy
from controlplane.runners import models as runners
from controlplane.second_factors import models as second_factors
from controlplane.sso import models as sso
from controlplane.sso_connections import models as sso_connections
from controlplane.throttling import models as throttling
from controlplane.tunnels import models as tunnels
from controlplane.ui_sessions import models as ui_sessions
from controlplane.usage import models as usage
from controlplane.users import models as users
from controlplane.workload_identity import models as workload_identity

MODULES = (
    accounts,
    api_keys,
    audit,
    domains,
    edge_log,
    environments,
    idempotency,
    identity_keys,
    invitations,
    login,
    logs,
    mail,
    members,
    oauth,
    operations,
    outbound_policy,
    runners,
    second_factors,
    sso,
    sso_connections,
    throttling,
    tunnels,
    usage,
    ui_sessions,
    users,
    workload_identity,
)
metadata = Base.metadata
