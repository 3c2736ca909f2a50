from controlplane.core.errors import TooManyRequests


class TooManyFollowers(TooManyRequests):
    code = "too_many_followers"
