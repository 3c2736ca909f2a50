"""Kafka clusters and subscriptions: which brokers the engine will connect to, and with which properties.

Properties go to librdkafka as they are, and some of them read files of the host, run programs or call URLs; so only
those listed here pass.
"""

import re
from time import monotonic

from controlplane.admission.bodies import Refused, parsed, texts
from controlplane.admission.places import Places
from controlplane.preflight.targets import Target

_BROKERS = ("bootstrap.servers", "metadata.broker.list")
_CONSUMING = frozenset(
    {
        "auto.offset.reset", "check.crcs", "client.id", "client.rack", "connections.max.idle.ms",
        "fetch.error.backoff.ms", "fetch.max.bytes", "fetch.message.max.bytes", "fetch.min.bytes",
        "fetch.queue.backoff.ms", "fetch.wait.max.ms", "group.id", "group.instance.id", "group.protocol",
        "heartbeat.interval.ms", "isolation.level", "max.partition.fetch.bytes", "max.poll.interval.ms",
        "partition.assignment.strategy", "queued.max.messages.kbytes", "queued.min.messages",
        "session.timeout.ms",
    }
)  # fmt: skip
_CONNECTING = frozenset(
    {
        "broker.address.family", "enable.ssl.certificate.verification", "metadata.max.age.ms",
        "reconnect.backoff.max.ms", "reconnect.backoff.ms", "sasl.mechanism", "sasl.mechanisms",
        "sasl.password", "sasl.username", "security.protocol", "socket.connection.setup.timeout.ms",
        "socket.keepalive.enable", "socket.timeout.ms", "ssl.ca.pem", "ssl.certificate.pem",
        "ssl.endpoint.identification.algorithm", "ssl.key.password", "ssl.key.pem",
        "topic.metadata.refresh.interval.ms",
    }
)  # fmt: skip
# Others call programs (Kerberos) or URLs (OAuth) of the host's.
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_BROKER = re.compile(
    r"(?:(?:PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)://)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?"
)
_MOST_BROKERS = 20
_SECONDS = 10.0
_MIB = 1024 * 1024
# What a consumer holds in memory: librdkafka would take up to 2 GB. Its defaults, but for longer messages.
_MOST = {
    "fetch.max.bytes": 50 * _MIB,
    "fetch.message.max.bytes": 10 * _MIB,
    "max.partition.fetch.bytes": 10 * _MIB,
    "queued.max.messages.kbytes": 64 * 1024,
    "queued.min.messages": 100_000,
}


def judge_cluster(body: str, places: Places, *, creates: bool) -> None:
    """Raises `Refused`, and `Failed` for an address."""
    found = parsed(body, frozenset({"name", "properties"} if creates else {"properties"}))
    properties = texts(found.get("properties"), "properties")
    _judge_names(properties, _CONSUMING | _CONNECTING | set(_BROKERS))
    _judge_sizes(properties)
    _judge_group(properties)
    for name in ("sasl.mechanism", "sasl.mechanisms"):
        if properties.get(name, "PLAIN") not in _MECHANISMS:
            raise Refused(f"{name} is one of {', '.join(_MECHANISMS)}.")
    brokers = [one.strip() for name in _BROKERS for one in properties.get(name, "").split(",") if one.strip()]
    if not brokers or len(brokers) > _MOST_BROKERS:
        raise Refused(f"bootstrap.servers names one to {_MOST_BROKERS} brokers, host:port with commas between them.")
    began = monotonic()
    for broker in brokers:
        if monotonic() > began + _SECONDS:
            raise Refused("The names of these brokers take too long to resolve (DNS). Name fewer, or try again.")
        places.judge(_target(broker))


def judge_subscription(body: str) -> None:
    """Its cluster has been judged when it was made. Raises `Refused`."""
    found = parsed(body, frozenset({"source", "sink", "options"}))
    if found.get("options") is not None:
        options = texts(found["options"], "options")
        _judge_names(options, _CONSUMING)
        _judge_sizes(options)
        _judge_group(options)


def _judge_names(properties: dict[str, str], known: frozenset[str] | set[str]) -> None:
    strange = sorted(set(properties) - known)
    if strange:
        raise Refused(
            f"The property {strange[0][:60]!r} is not open to tenants: some read files of the host or call other "
            f"addresses. These are open: {', '.join(sorted(known))}."
        )


def _judge_sizes(properties: dict[str, str]) -> None:
    for name, most in _MOST.items():
        value = properties.get(name, "1")
        if not re.fullmatch("[0-9]{1,10}", value) or int(value) > most:
            raise Refused(f"{name} is a whole number of at most {most}: an engine holds so much for each subscription.")


def _judge_group(properties: dict[str, str]) -> None:
    # A broker shows its groups to whoever may ask, and who joins one takes messages from it.
    if properties.get("group.id", "").startswith("sub_"):
        raise Refused(
            "group.id may not begin with sub_: so engines name the groups of their subscriptions. Leave it out, or "
            "choose a name that nobody else uses at these brokers."
        )


def _target(broker: str) -> Target:
    found = _BROKER.fullmatch(broker)
    if found is None or not 0 < int(found[2] or 9092) < 65536:
        raise Refused(f"{broker[:100]!r} is no broker: it looks like kafka.example.com:9092.")
    # Kafka's own protocol secures itself, or not: what is refused by http is not refused here.
    return Target(secure=True, host=found[1].strip("[]"), port=int(found[2] or 9092), path="", query="")
