from controlplane.core.errors import ApplicationError, Conflict


class NextKeyExists(Conflict):
    code = "next_key_exists"


class PreviousKeyExists(Conflict):
    code = "previous_key_exists"


class NoNextKey(Conflict):
    code = "no_next_key"


class NoPreviousKey(Conflict):
    code = "no_previous_key"


class KeyInUse(Conflict):
    code = "identity_key_in_use"


class NextKeyNotAccepted(Conflict):
    """`details.deployments` names each that does not accept it, with the reason."""

    code = "next_key_not_accepted"


class DeploymentsUnknown(ApplicationError):
    status = 503
    code = "deployments_unknown"
    headers = {"retry-after": "5"}  # noqa: RUF012 - as its base declares it
