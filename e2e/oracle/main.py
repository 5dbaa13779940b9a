"""The oracle: is everything where it must be? Reads a description of the platform from standard input (JSON), writes a report.

{"brokers": "127.0.0.1:9092", "topics": {"raw": …, "enriched": …, "dlq": …}, "tables": {"flight.scheduled.v1": "flight_scheduled_v1"},
 "lake": {"endpoint", "region", "accessKeyId", "secretAccessKey", "bucket", "prefix"}, "redis": {"host", "port", "password"},
 "ledger": path of what clients sent and were answered, one JSON document a line; optional}
"""

import json
import os
import sys
from collections import Counter

from balance import check_enriched, check_outputs, check_repeats
from kafka_log import read_topic
from lake import check_places, check_table, read_table
from ledger import check_ledger, check_order, read_ledger, tally
from redis_fold import check_redis


def main():
    platform = json.load(sys.stdin)
    brokers, topics = platform["brokers"], platform["topics"]
    raw, enriched, dlq = (read_topic(brokers, topics[role]) for role in ("raw", "enriched", "dlq"))
    problems = [*check_outputs(raw, enriched, dlq), *check_repeats(raw, dlq), *check_enriched(raw, enriched)]
    tables = {}
    for event_type, table in platform["tables"].items():
        stored = read_table(platform["lake"], table)
        tables[table] = stored
        problems += check_table(table, stored, [r for r in enriched if r.headers["event_type"].decode() == event_type])
    dead = read_table(platform["lake"], "dead_letters")
    problems += check_places("dead_letters", dead, dlq)
    problems += check_redis(platform["redis"], enriched)
    ledger = read_ledger(platform["ledger"]) if platform.get("ledger") else None
    if ledger is not None:
        problems += [*check_ledger(ledger, raw, tables, dead), *check_order(ledger, enriched, tables)]
    report = {
        "raw": len(raw),
        "rawTimesMs": [f(r.timestamp_ms for r in raw) for f in (min, max)] if raw else [],
        "enriched": dict(Counter(r.headers["event_type"].decode() for r in enriched)),
        "dlq": dict(Counter(r.headers["dlq_reason"].decode() for r in dlq)),
        "rows": {table: len(rows) for table, rows in {**tables, "dead_letters": dead}.items()},
        "rawByType": dict(Counter(json.loads(r.value)["type"] for r in raw if is_event(r))),
        "problemCount": len(problems),
        "problems": problems[:50],
        **({} if ledger is None else {"ledger": tally(ledger)}),
    }
    json.dump(report, sys.stdout)


def is_event(record):
    try:
        return isinstance(json.loads(record.value)["type"], str)
    except (TypeError, ValueError, KeyError):
        return False


if __name__ == "__main__":
    main()
    # Native threads of the readers' libraries may abort the interpreter while it ends, after all has been said.
    sys.stdout.flush()
    os._exit(0)
