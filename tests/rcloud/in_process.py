"""`rcloud` without a process of its own: ten times as many commands in the same time."""

from __future__ import annotations

import contextlib
import io
import os
from unittest import mock

from rcloud.__main__ import main
from tests.support.rcloud import Done, Rcloud


class InProcess(Rcloud):
    """Its environment, directory, arguments and streams are this process's only while a command runs."""

    def attempt(self, *arguments: str) -> Done:
        """A command, without a terminal."""
        said, noted = io.StringIO(), io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, self.env, clear=True))
            stack.enter_context(mock.patch("sys.argv", ["rcloud", *arguments]))
            stack.enter_context(mock.patch("sys.stdin", io.StringIO()))
            stack.enter_context(contextlib.chdir(self.home))
            stack.enter_context(contextlib.redirect_stdout(said))
            stack.enter_context(contextlib.redirect_stderr(noted))
            status = self._status()
        return Done(status, said.getvalue(), noted.getvalue())

    @staticmethod
    def _status() -> int:
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0
