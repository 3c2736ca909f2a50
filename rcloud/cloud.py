"""What one command works with: its plane, its account, its words."""

from __future__ import annotations

from functools import cached_property

from rcloud.api import Api
from rcloud.lookup import Lookup
from rcloud.output import Output
from rcloud.settings import Flags, Target, is_private


class Cloud:
    """Nothing is read and nobody is called before a command asks for it."""

    def __init__(self, flags: Flags) -> None:
        self.flags = flags
        self.target = Target(flags)
        self.out = Output(flags)

    @cached_property
    def api(self) -> Api:
        """The plane in the user's name. Raises `Usage`, `NotLoggedIn`."""
        token = self.target.token
        self.warn_if_readable()
        return Api(self.target.url, token, self.out.trace)

    @cached_property
    def anonymous(self) -> Api:
        """The plane in nobody's name."""
        return Api(self.target.url, None, self.out.trace)

    @cached_property
    def find(self) -> Lookup:
        """Names and ids to things."""
        return Lookup(self.api, self.target.account)

    def warn_if_readable(self) -> None:
        """Say so when the way to the plane is open to readers."""
        if not is_private(self.target.url):
            self.out.note(f"Warning: {self.target.url} is not encrypted; others can read your token.", "yellow")
