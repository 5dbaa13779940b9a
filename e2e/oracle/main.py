"""The oracle: is everything where it must be? Reads a description of the platform from standard input (JSON), writes a report.

{"brokers": "127.0.0.1:9092", "topics": {"raw": …, "enriched": …, "dlq": …}, "tables": {"flight.scheduled.v1": "flight_scheduled_v1"},
 "lake": {"endpoint", "region", "accessKeyId", "secretAccessKey", "bucket", "prefix"}, "redis": {"host", "port", "password"},
 "mayDouble": whether the outputs may hold copies, which every consumer has to drop; optional,
 "ledger": path of what clients sent and were answered, one JSON document a line; optional}
"""

import json
import os
import sys
from collections import Counter

from balance import check_enriched, check_outputs, check_repeats, gap_of, is_gap, undouble
from dead_letters import check_dead_letters, check_dead_rows
from kafka_log import log_starts, read_topic
from lake import check_places, check_table, read_table
from ledger import check_ledger, check_order, read_ledger, tally
from redis_fold import check_redis, dump


def main():
    platform = json.load(sys.stdin)
    brokers, topics = platform["brokers"], platform["topics"]
    raw, enriched, dlq = (read_topic(brokers, topics[role]) for role in ("raw", "enriched", "dlq"))
    doubled = 0
    if platform.get("mayDouble"):
        (enriched, more), (dlq, most) = undouble(enriched), undouble(dlq)
        doubled = more + most
    starts = {role: log_starts(brokers, topics[role]) for role in ("raw", "enriched", "dlq")}
    cut = {partition for partition, start in starts["enriched"].items() if start > 0}
    problems = check_outputs(raw, enriched, dlq, topics["raw"], starts["raw"], cut)
    problems += [*check_repeats(raw, dlq, starts["raw"]), *check_enriched(raw, enriched)]
    problems += check_dead_letters(raw, dlq, topics["raw"])
    tables = {}
    for event_type, table in platform["tables"].items():
        stored = read_table(platform["lake"], table)
        tables[table] = stored
        own = [r for r in enriched if r.headers["event_type"].decode() == event_type]
        problems += check_table(table, stored, own, starts["enriched"])
    dead = read_table(platform["lake"], "dead_letters")
    problems += check_places("dead_letters", dead, dlq, starts["dlq"])
    problems += check_dead_rows(dead, dlq)
    if not any(starts["enriched"].values()):  # what was deleted cannot be folded any more
        problems += check_redis(dump(platform["redis"]), enriched)
    ledger = read_ledger(platform["ledger"]) if platform.get("ledger") else None
    if ledger is not None:
        problems += [*check_ledger(ledger, raw, tables, dead, lost_places(dlq, topics["raw"]), starts["raw"]), *check_order(ledger, enriched, tables)]
    report = {
        "raw": len(raw),
        "rawTimesMs": [f(r.timestamp_ms for r in raw) for f in (min, max)] if raw else [],
        "enriched": dict(Counter(r.headers["event_type"].decode() for r in enriched)),
        "dlq": dict(Counter(r.headers["dlq_reason"].decode() for r in dlq)),
        "rows": {table: len(rows) for table, rows in {**tables, "dead_letters": dead}.items()},
        "rawByType": dict(Counter(json.loads(r.value)["type"] for r in raw if is_event(r))),
        "doubled": doubled,
        "problemCount": len(problems),
        "problems": problems[:50],
        **({} if ledger is None else {"ledger": tally(ledger)}),
    }
    json.dump(report, sys.stdout)


def lost_places(dlq, raw_topic):
    """Raw places that a gap says nobody has read."""
    gaps = [r for r in dlq if is_gap(r) and r.headers["dlq_origin_topic"].decode() == raw_topic]
    return {(r.partition, offset) for r in gaps for offset in gap_of(r)}


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
