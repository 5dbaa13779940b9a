"""Where everything stands now: one JSON document for each line on standard input. The first line describes the platform.

Log ends as a plain client sees them (end: everything, stable: decided), versions of the tables, positions in Redis.
What does not answer is null.
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from deltalake import DeltaTable
from redis import Redis


def main():
    platform = json.loads(sys.stdin.readline())
    watch = Watch(platform)
    pool = ThreadPoolExecutor(max_workers=4)
    for line in sys.stdin:
        parts = {name: pool.submit(attempt, part) for name, part in watch.parts(json.loads(line)).items()}
        print(json.dumps({name: part.result() for name, part in parts.items()}), flush=True)


class Watch:
    def __init__(self, platform):
        self.platform, self.tables = platform, {}
        self.local = threading.local()
        server = platform["redis"]
        self.redis = Redis(server["host"], server["port"], password=server["password"], decode_responses=True, socket_timeout=2)

    def parts(self, wanted):
        known = {"end": lambda: self.ends(False), "stable": lambda: self.ends(True), "lake": self.versions, "redis": self.positions}
        return {name: known[name] for name in wanted}

    def ends(self, stable):
        # One that has met a broker that died may not find the next one.
        admin = getattr(self.local, "admin", None) or self.open_admin()
        self.local.admin = None
        level = IsolationLevel.READ_COMMITTED if stable else IsolationLevel.READ_UNCOMMITTED
        asked = {
            TopicPartition(topic, partition): OffsetSpec.latest()
            for topic in self.platform["topics"].values()
            for partition in range(6)
        }
        answers = admin.list_offsets(asked, isolation_level=level, request_timeout=3)
        ends = {topic: [0] * 6 for topic in self.platform["topics"].values()}
        for at, answer in answers.items():
            ends[at.topic][at.partition] = answer.result(timeout=4).offset
        self.local.admin = admin
        return ends

    def open_admin(self):
        return AdminClient({"bootstrap.servers": self.platform["brokers"], "client.id": "oracle"})

    def versions(self):
        lake = self.platform["lake"]
        options = {
            "endpoint": lake["endpoint"],
            "region": lake["region"],
            "access_key_id": lake["accessKeyId"],
            "secret_access_key": lake["secretAccessKey"],
            "allow_http": "true",
            "virtual_hosted_style_request": "false",
            "timeout": "3s",
        }
        for name in [*self.platform["tables"].values(), "dead_letters"]:
            if name in self.tables:
                self.tables[name].update_incremental()
            else:
                uri = f"s3://{lake['bucket']}/{lake['prefix']}/{name}"
                self.tables[name] = DeltaTable(uri, storage_options=options, without_files=True)
        return {name: table.version() for name, table in self.tables.items()}

    def positions(self):
        keys = list(self.redis.scan_iter("sluice:positions:*"))
        return {key: self.redis.hgetall(key) for key in keys}


def attempt(part):
    try:
        return part()
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return None


if __name__ == "__main__":
    main()
