"""Counters of Redis against the fold of the log at this moment: one JSON document for each line on standard input.

The first line describes the platform. Redis is read first, the log after it: what the log holds by then is at least what
Redis may have counted. A counter beyond it has counted a record twice, or one that is not there.
"""

import json
import sys
from collections import Counter
from datetime import datetime, timezone

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from redis import Redis
from redis.exceptions import RedisError

PREFIX = "sluice:counts:"


def main():
    platform = json.loads(sys.stdin.readline())
    fold, server = Fold(platform), platform["redis"]
    redis = Redis(server["host"], server["port"], password=server["password"], decode_responses=True, socket_timeout=2)
    for _ in sys.stdin:
        try:
            print(json.dumps(look(redis, fold)), flush=True)
        except RedisError as error:
            # Killed, or it loads what it was given back: that is what is done to it here.
            print(json.dumps({"away": type(error).__name__}), flush=True)


def look(redis, fold):
    found = counters(redis)
    fold.read_on()
    return {
        "counters": len(found),
        "counted": sum(found.values()),
        "behind": fold.total - sum(found.values()),
        "beyond": [
            f"{minute} {kind}: {count} in Redis, {fold.counts[minute, kind]} in the log"
            for (minute, kind), count in sorted(found.items())
            if count > fold.counts[minute, kind]
        ],
    }


def counters(redis):
    keys = sorted(redis.scan_iter(f"{PREFIX}*", count=1000))
    pipeline = redis.pipeline(transaction=True)
    for key in keys:
        pipeline.hgetall(key)
    return {
        (key.removeprefix(PREFIX), kind): int(count)
        for key, fields in zip(keys, pipeline.execute(), strict=True)
        for kind, count in fields.items()
        if kind != "expires_at"
    }


class Fold:
    """How many events of each type the broker dated into each minute, as far as the enriched topic is decided."""

    def __init__(self, platform):
        self.counts, self.total = Counter(), 0
        topic = platform["topics"]["enriched"]
        self.consumer = Consumer(
            {
                "bootstrap.servers": platform["brokers"],
                "group.id": "oracle-never-commits",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
            }
        )
        partitions = self.consumer.list_topics(topic, timeout=10).topics[topic].partitions
        self.topic, self.next = topic, dict.fromkeys(partitions, OFFSET_BEGINNING)

    def read_on(self):
        """To the end of every partition as it is now: assigned anew, each of them tells once that it is there."""
        self.consumer.assign([TopicPartition(self.topic, p, offset) for p, offset in self.next.items()])
        ended = set()
        while len(ended) < len(self.next):
            for message in self.consumer.consume(num_messages=1000, timeout=1.0):
                error = message.error()
                if error is None:
                    minute = datetime.fromtimestamp(message.timestamp()[1] // 60_000 * 60, timezone.utc)
                    self.counts[f"{minute:%Y-%m-%dT%H:%MZ}", json.loads(message.value())["type"]] += 1
                    self.total += 1
                    self.next[message.partition()] = message.offset() + 1
                elif error.name() == "_PARTITION_EOF":
                    ended.add(message.partition())
                else:
                    raise KafkaException(error)


if __name__ == "__main__":
    main()
