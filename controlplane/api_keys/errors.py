from controlplane.core.errors import ApplicationError, Conflict


class ExpiryInPast(ApplicationError):
    code = "expiry_in_past"


class ApiKeyLimitReached(Conflict):
    code = "api_key_limit_reached"
