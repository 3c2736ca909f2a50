"""A Kafka broker for tests: librdkafka's mock cluster, the one that librdkafka tests its own consumers with.

It speaks the consumer protocol on a loopback port (groups, offsets, rebalancing), to other processes, too. It is a
stand-in and no broker: memory only, without TLS, SASL and ACLs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from confluent_kafka import Consumer, KafkaError, Message, Producer

from tests.support.waiting import until

Record = tuple[str, str]
# Its default.
PARTITIONS = 4


class Broker:
    """Runs until the block it was made for ends; topics come into being with `PARTITIONS` each."""

    def __init__(self) -> None:
        self._producer = Producer({"bootstrap.servers": "replaced", "test.mock.num.brokers": 1, "log_level": 0})
        self._lost: list[KafkaError] = []
        found = next(iter(self._producer.list_topics(timeout=30).brokers.values()))
        self.address = f"{found.host}:{found.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        del self._producer

    def send(self, topic: str, records: Iterable[Record]) -> None:
        """Returns when the broker has all of these (key, value)."""
        for key, value in records:
            self._producer.produce(topic, key=key, value=value, on_delivery=self._delivered)
            self._producer.poll(0)
        assert self._producer.flush(60) == 0
        assert not self._lost, self._lost

    def mark(self, topic: str, value: str) -> list[str]:
        """One record behind all others in every partition; their keys."""
        keys = [f"mark-{topic}-{partition}" for partition in range(PARTITIONS)]
        for partition, key in enumerate(keys):
            self._producer.produce(topic, key=key, value=value, partition=partition, on_delivery=self._delivered)
        self.send(topic, ())
        return keys

    def wait_until_left(self, topic: str, group: str) -> None:
        """Returns when nobody reads the topic in this group any more: whoever joins it then has all partitions."""
        reader = Consumer({"bootstrap.servers": self.address, "group.id": group, "enable.auto.commit": False})
        reader.subscribe([topic])

        def is_alone() -> bool:
            reader.poll(0.1)
            return len(reader.assignment()) == PARTITIONS

        until(is_alone, 120)
        reader.close()

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._lost.append(error)
