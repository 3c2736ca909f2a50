"""New environments need no reload; when the spare slots run low, a reload disturbs nobody."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.stack import Stack, label
from tests.envrunner.waiting import until


def test_a_new_environment_needs_no_reload(stack: Stack) -> None:
    stack.start()
    rendering = stack.rendering()
    for number in range(2, 12):
        stack.add_environment(number)
        token = stack.add_key(number, "full")
        stack.wait_applied()
        for port, host in ((stack.ingress, stack.host(number)), (stack.ports_from + 2 * number, "x")):
            answer = ask(port, "/S/h", host=host, token=token)
            assert answer.json["label"] == label(number)
    assert stack.rendering() == rendering


def test_slots_and_ports_grow_and_a_long_request_lives_on(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    first = stack.state()
    assert first is not None
    engine = stack.engines[label(1)]
    connection = http.client.HTTPConnection("127.0.0.1", stack.ingress, timeout=60)
    engine.to_send.put(b"before")
    connection.request("GET", "/S/stream", headers={"Host": stack.host(1), "Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    assert response.read1(100) == b"before"
    with Traffic(stack, token) as traffic:
        for number in range(2, 120):
            stack.add_environment(number, engine=number == 119)
        last = stack.add_key(119, "full")
        stack.wait_applied()
        until(lambda: (state := stack.state()) and state["lastSlot"] > 119)
        for port, host in ((stack.ingress, stack.host(119)), (stack.ports_from + 238, "x")):
            assert until(lambda port=port, host=host: _label_at(port, host, last) == label(119))  # type: ignore[misc]
    assert traffic.wrong == []
    assert traffic.right > 0
    engine.to_send.put(b"after")
    assert response.read1(100) == b"after"
    engine.to_send.put(None)
    assert response.read() == b""


def test_a_deleted_environments_slot_is_never_given_to_another(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    assert ask(stack.ingress, "/S/h", host=stack.host(1), token=token).json["label"] == label(1)
    stack.plane.change("routes", label(1), None)
    stack.add_environment(2)
    stack.plane.change("routes", label(1), {"accountId": "acc_1", "status": "DELETED"})
    other = stack.add_key(2, "full")
    stack.wait_applied()
    assert ask(stack.ingress, "/S/h", host=stack.host(2), token=other).json["label"] == label(2)
    links = {path.name: path.readlink().parent.name for path in (stack.run / "edge" / "s").iterdir()}
    assert links == {"0000002.i.sock": label(2), "0000002.a.sock": label(2)}
    ask(stack.ingress, "/S/h", host=stack.host(1), token=token).assert_refusal(404)


def test_a_port_somebody_else_holds_is_left_out(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", stack.ports_from + 4)):
        stack.add_environment(2)
        token = stack.add_key(2, "full")
        stack.start()
        assert ask(stack.ingress, "/S/h", host=stack.host(2), token=token).status == 200
        assert ask(stack.ports_from + 5, "/deployments", token=token).status == 200
    assert until(lambda: _label_at(stack.ports_from + 4, "x", token) == label(2), 90)


def test_a_route_that_moves_to_other_ports(stack: Stack) -> None:
    member = stack.add_member("usr_a", "owner")
    stack.start()
    moved = {"ingressPort": stack.ports_from + 20, "adminPort": stack.ports_from + 21}
    stack.add_environment(1, engine=False, **moved)
    stack.wait_applied()
    assert ask(stack.ports_from + 20, "/S/h", token=member).status == 200
    ask(stack.ports_from + 2, "/S/h", token=member).assert_refusal(403)


class Traffic:
    """Asks all the time, on connections that are kept and on new ones."""

    def __init__(self, stack: Stack, token: str) -> None:
        self.right = 0
        self.wrong: list[object] = []
        self._stop = threading.Event()
        self._port, self._headers = stack.ingress, {"Host": stack.host(1), "Authorization": f"Bearer {token}"}
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Traffic:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        while not self._stop.is_set():
            try:
                connection.request("POST", "/S/h", headers=self._headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(error)
                return
            if answer.status != 200:
                self.wrong.append(answer.status)
            self.right += 1
        connection.close()


def _label_at(port: int, host: str, token: str) -> str | None:
    try:
        answer = ask(port, "/S/h", host=host, token=token)
    except OSError:
        return None
    return str(answer.json["label"]) if answer.status == 200 else None


def test_before_a_restart_kept_connections_are_given_up(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    engine, client = stack.engines[label(1)], http.client.HTTPConnection("127.0.0.1", stack.ingress, timeout=30)

    def connections() -> int:
        """After one more request; all go to one worker of nginx, for the client keeps its connection too."""
        client.request("GET", "/S/h", headers={"Host": stack.host(1), "Authorization": f"Bearer {token}"})
        answer = client.getresponse()
        assert (answer.status, len(answer.read()) > 0) == (200, True)
        return engine.connections

    assert (connections(), connections()) == (1, 1)
    assert door(stack, f"/engines/{label(1)}/fresh") == 204
    assert (connections(), connections()) == (2, 2)
    # Not here, or no name at all: nothing to give up.
    assert door(stack, f"/engines/{label(2)}/fresh") == 204
    assert door(stack, "/engines/../fresh") == 404


def test_a_body_that_comes_after_a_move_still_arrives(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    connection = http.client.HTTPConnection("127.0.0.1", stack.ingress, timeout=30)
    connection.putrequest("POST", "/S/h", skip_host=True)
    for name, value in (("Host", stack.host(1)), ("Authorization", f"Bearer {token}"), ("Content-Length", "4")):
        connection.putheader(name, value)
    connection.endheaders(b"bo")
    # The other worker may be busy with it, so that it has certainly been judged: this one is answered after it.
    assert ask(stack.ingress, "/S/h", host=stack.host(1), token=token).status == 200
    assert door(stack, f"/engines/{label(1)}/fresh") == 204
    connection.send(b"dy")
    assert connection.getresponse().status == 200


def test_restarts_may_use_up_slots_and_wait_for_more(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    rendering = stack.rendering()
    answers: list[int] = []
    kept = http.client.HTTPConnection("127.0.0.1", stack.ingress, timeout=30)

    def asked_on_kept() -> int:
        kept.request("GET", "/S/h", headers={"Host": stack.host(1), "Authorization": f"Bearer {token}"})
        with kept.getresponse() as answer:
            answer.read()
        return answer.status

    def moved() -> bool:
        answers.append(door(stack, f"/engines/{label(1)}/fresh"))
        return answers[-1] == 204

    assert asked_on_kept() == 200
    with Traffic(stack, token) as traffic:
        for _ in range(70):
            before = traffic.right
            until(moved)
            # A request that was judged before finds its engine for one move more.
            until(lambda before=before: traffic.right > before or traffic.wrong)  # type: ignore[misc]
    assert set(answers) <= {204, 503}
    assert traffic.wrong == []
    assert stack.rendering() != rendering
    # Workers from before know none of the new slots: they are asked no more, or not yet passed by.
    with contextlib.suppress(ConnectionError):
        assert asked_on_kept() == 200
    assert ask(stack.ingress, "/S/h", host=stack.host(1), token=token).status == 200


def door(stack: Stack, path: str) -> int:
    """As the node agent calls the edge."""
    address = stack.control.with_name("agent.sock")
    until(address.exists)
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(address))
        asking.sendall(f"POST {path} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n".encode())
        return int(asking.recv(4096).split()[1])
