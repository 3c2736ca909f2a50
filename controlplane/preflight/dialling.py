"""From a URL to a connection, step by step: name, address, TCP, TLS. Each step says what is wrong with it."""

import socket
import ssl
import time
from contextlib import closing
from ipaddress import ip_address

from controlplane.core.destinations import Address, DestinationRefused, Destinations
from controlplane.preflight.checks import Failed, Report
from controlplane.preflight.targets import Target

CONNECT_SECONDS = 4.0
_VERDICTS = {
    9: "its certificate is not valid yet. Check the clocks, or wait",
    10: "its certificate has expired. Renew it",
    18: "its certificate is self-signed. Take one from an authority that everybody trusts",
    19: "its certificate comes from a private authority. Take one from an authority that everybody trusts",
    20: "its certificate's issuer is not known here. Send the whole chain, and take a trusted authority",
    62: "its certificate is for another host name. Take one for this name",
    64: "its certificate is not for this IP address. Use a name, or a certificate for the address",
}


class Line:
    """One connection, and the time by which everything on it must be over."""

    def __init__(self, sock: socket.socket, protocol: str | None, deadline: float) -> None:
        """`protocol`: what TLS has negotiated (ALPN), `h2` or `http/1.1`."""
        self.protocol = protocol
        self._socket, self._deadline = sock, deadline

    def read(self, seconds: float | None = None) -> bytes:
        """Raises `TimeoutError` after `seconds`, at the deadline at the latest, and `OSError`."""
        self._limit(seconds)
        return self._socket.recv(65536)

    def write(self, data: bytes) -> None:
        self._limit(None)
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()

    def _limit(self, seconds: float | None) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(min(left, seconds or left))


def resolve(target: Target, destinations: Destinations | None, report: Report) -> list[Address]:
    """The addresses that may be dialled; null destinations judge nothing. Raises `Failed`."""
    try:
        if destinations is not None:
            destinations.judge_name(target.host)
        found = _addresses(target)
        report.passed("dns", f"{target.host} leads to {', '.join(map(str, found[:4]))}.")
        if destinations is not None:
            destinations.judge(target.host, target.port, found, plain=not target.secure)
            report.passed("policy", "The environment may reach it.")
    except DestinationRefused as error:
        raise Failed("policy", str(error)) from error
    return found


def connect(target: Target, addresses: list[Address], protocols: list[str], deadline: float, report: Report) -> Line:
    """A line to the first address that takes one; what was judged is what is dialled. Raises `Failed`."""
    sock = _tcp(target, addresses)
    report.passed("tcp", f"Port {target.port} accepts connections.")
    if not target.secure:
        return Line(sock, None, deadline)
    secured = _tls(target, sock, protocols)
    report.passed("tls", f"{secured.version()} with a valid certificate.")
    return Line(secured, secured.selected_alpn_protocol(), deadline)


def _addresses(target: Target) -> list[Address]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Failed("dns", f"The name {target.host} does not resolve (DNS). Check its spelling.") from error
    # A link-local address may carry its interface behind a percent sign.
    return list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


def _tcp(target: Target, addresses: list[Address]) -> socket.socket:
    silent, deadline = False, time.monotonic() + 2 * CONNECT_SECONDS
    for address in addresses[:4]:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((str(address), target.port), min(left, CONNECT_SECONDS))
        except TimeoutError:
            silent = True
        except OSError:
            continue
    if silent:
        said = "does not answer (TCP): a firewall drops the connection, or nothing is there"
    else:
        said = "refuses the connection (TCP): nothing listens there, or on another interface only"
    raise Failed("tcp", f"{target.host} port {target.port} {said}.")


def _tls(target: Target, sock: socket.socket, protocols: list[str]) -> ssl.SSLSocket:
    # `SSL_CERT_FILE` names a company's own authorities, for engines as for us.
    context = ssl.create_default_context()
    context.set_alpn_protocols(protocols)
    sock.settimeout(CONNECT_SECONDS)
    try:
        return context.wrap_socket(sock, server_hostname=target.host)
    except ssl.SSLCertVerificationError as error:
        sock.close()
        verdict = _VERDICTS.get(error.verify_code, "its certificate is not valid. Check it with a browser")
        raise Failed("tls", f"{target.host} cannot be trusted (TLS): {verdict}.") from error
    except TimeoutError as error:
        sock.close()
        raise Failed(
            "tls", f"{target.host} port {target.port} does not answer to TLS. Is it an http:// service?"
        ) from error
    except OSError as error:
        with closing(sock):
            raise Failed("tls", f"{target.host} port {target.port} speaks no TLS. Is it an http:// service?") from error
