"""Reads whole topics with librdkafka, read_committed: a reader that shares nothing with the platform's."""

from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]


def read_topic(brokers: str, topic: str, deadline_s: float = 60.0) -> list[Record]:
    """All committed records of a topic, in order within each partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "oracle-never-commits",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
        return list(_drain(consumer, len(partitions), deadline_s))
    finally:
        consumer.close()


def log_starts(brokers: str, topic: str) -> dict[int, int]:
    """First offset that is still there, by partition."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "oracle-never-commits", "enable.auto.commit": False})
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        return {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[0] for p in partitions}
    finally:
        consumer.close()


def _drain(consumer, open_partitions, deadline_s):
    import time

    until = time.monotonic() + deadline_s
    while open_partitions > 0:
        if time.monotonic() > until:
            raise TimeoutError(f"{open_partitions} partitions were not read to their end within {deadline_s} s")
        for message in consumer.consume(num_messages=1000, timeout=1.0):
            error = message.error()
            if error is None:
                yield Record(
                    message.topic(),
                    message.partition(),
                    message.offset(),
                    message.timestamp()[1],
                    message.key(),
                    message.value(),
                    {name: value or b"" for name, value in message.headers() or []},
                )
            elif error.name() == "_PARTITION_EOF":
                open_partitions -= 1
            else:
                raise KafkaException(error)
