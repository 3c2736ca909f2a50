from controlplane.core.errors import ApplicationError, TooManyRequests


class TooManyFollowers(TooManyRequests):
    code = "too_many_followers"


class FollowingHasNoEnd(ApplicationError):
    code = "following_has_no_end"
