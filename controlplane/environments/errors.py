from controlplane.core.errors import ApplicationError, Conflict


class NameTaken(Conflict):
    code = "name_taken"


class EnvironmentLimitReached(Conflict):
    code = "environment_limit_reached"


class EnvironmentDeleted(Conflict):
    code = "environment_deleted"


class EnvironmentPaused(Conflict):
    code = "environment_paused"


class VersionNotOffered(Conflict):
    code = "version_not_offered"


class NotDeleted(Conflict):
    code = "environment_not_deleted"


class PurgeInProgress(Conflict):
    code = "purge_in_progress"


class AboveCeiling(Conflict):
    code = "above_ceiling"


class PortsExhausted(ApplicationError):
    status = 503
    code = "ports_exhausted"
