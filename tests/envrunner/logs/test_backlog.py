"""What the node's metrics say about logs that are not sent yet."""

from __future__ import annotations

from envrunner.shipping.backlog import Backlog, backlogs
from tests.envrunner.control_plane import ControlPlane
from tests.envrunner.logs.conftest import ENVIRONMENT, LABEL, Sender
from tests.envrunner.nodes import Node
from tests.envrunner.specs import spec
from tests.envrunner.waiting import until


def test_bytes_wait_in_all_files_of_a_log(sender: Sender) -> None:
    log = sender.log()
    log.write("12345")
    sender.send_all()
    assert dict(backlogs(sender.settings, [LABEL, "1" * 27])) == {LABEL: Backlog(0, 0, 0)}
    log.write("123")
    log.rotate()
    log.write("1")
    assert dict(backlogs(sender.settings, [LABEL])) == {LABEL: Backlog(6, 0, 0)}


def test_what_was_left_out_and_lost_is_counted(sender: Sender) -> None:
    sender.restart(log_lines_per_second=1)
    log = sender.log()
    lines = [f'{{"timestamp":"2026-01-20T11:00:00.{number:06}Z","level":"INFO"}}' for number in range(19)]
    log.write(*lines[:13])
    sender.send_all()
    for line in lines[13:18]:
        log.write(line)
        log.rotate()
    log.write(lines[18])
    sender.send_all()
    ((_, backlog),) = backlogs(sender.settings, [LABEL])
    assert (backlog.left_out, backlog.gaps) == (3 + 4, 1)
    assert len(sender.plane.lines[ENVIRONMENT]) == 10 + 1 + 2


def test_the_node_tells_it_and_the_worker_sends_it(node: Node, control_plane: ControlPlane) -> None:
    """Real processes: an engine's lines wait until there is a worker, and then they do not."""
    one = spec()
    node.settle(one)
    name = f'envrunner_log_waiting_bytes{{environment_id="{one.environment_id}"}}'

    def waiting() -> float:
        lines = node.http.get("/metrics").text.splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    assert waiting() > 0
    control_plane.put(one)
    worker = node.start("worker")
    try:
        until(lambda: waiting() == 0)
        until(lambda: len(control_plane.logged(one.environment_id)) >= len(node.log(one).read_text().splitlines()))
    finally:
        worker.terminate()
        worker.wait(30)
    assert control_plane.logged(one.environment_id)[0].startswith('{"timestamp"')
    assert str(node.home) not in "".join(control_plane.logged(one.environment_id))
