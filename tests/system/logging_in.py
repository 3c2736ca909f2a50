"""The stock CLI's login under way, and the user's part of it, done by HTTP as a browser does it."""

from __future__ import annotations

import re
import subprocess
from urllib.parse import parse_qsl, urlsplit

import pexpect

from tests.support.cli import Cli
from tests.support.secured import ORIGIN
from tests.support.tenants import Person

_CODE = r"visit (\S+) and enter code: ([A-Z]{4}-[A-Z]{4})"
_ADDRESS = rf"({ORIGIN}/login\?[^\s\x1b]+)"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Login:
    """`restate cloud login`; ``user_code`` in the device flow, else ``asked``, the query of ``address``."""

    def __init__(self, cli: Cli) -> None:
        self.cli = cli
        self.child = cli.on_a_terminal("cloud", "login")
        self.user_code, self.asked = "", dict[str, str]()
        is_redirect = self.child.expect([_CODE, _ADDRESS])
        self.address = str(self.child.match[1])
        if is_redirect:
            self.asked = dict(parse_qsl(urlsplit(self.address).query))
        else:
            assert self.address == f"{ORIGIN}/device"
            self.user_code = self.child.match[2]
            self.address += f"?user_code={self.user_code}"

    def decided_by(self, person: Person, decision: str = "approve") -> None:
        """In the redirect flow the browser is then sent back to the CLI."""
        if self.user_code:
            answer = person.call("POST", f"/auth/device/{self.user_code}", json={"decision": decision})
        else:
            answer = person.call("POST", "/auth/authorize/decision", json=self.asked | {"decision": decision})
        assert answer.is_success, answer.text
        if self.asked:
            self.browser_opens(answer.json()["redirectTo"])

    def browser_opens(self, url: str) -> str:
        """The page that the CLI itself answers with."""
        assert self.cli.network
        opened = self.cli.network.argv(["curl", "--silent", "--max-time", "20", url], self.cli.home)
        return subprocess.run(opened, capture_output=True, text=True, timeout=30, check=False).stdout

    def ended(self) -> tuple[int, str]:
        """Exit status and what it printed from the question on."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus or 0), _ESCAPES.sub("", str(self.child.before))
