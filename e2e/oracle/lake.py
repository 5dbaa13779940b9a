"""Reads the tables with delta-rs and holds every row against the record that it came from."""

import json
from collections import Counter
from datetime import date, datetime, timezone

from deltalake import DeltaTable

LINEAGE = {"event_id", "event_source", "event_time", "received_at", "kafka_partition", "kafka_offset", "raw_offset", "event_date"}


def read_table(lake, table):
    """All rows of a bronze table as dictionaries."""
    options = {
        "endpoint": lake["endpoint"],
        "region": lake["region"],
        "access_key_id": lake["accessKeyId"],
        "secret_access_key": lake["secretAccessKey"],
        "allow_http": "true",
        "virtual_hosted_style_request": "false",
    }
    return DeltaTable(f"s3://{lake['bucket']}/{lake['prefix']}/{table}", storage_options=options).to_pyarrow_table().to_pylist()


def check_table(table, rows, records, starts=None):
    """Each record of the topic is one row, each row one record, and every value is the one that was sent."""
    problems = check_places(table, rows, records, starts)
    by_place = {(r.partition, r.offset): r for r in records}
    for row in rows:
        record = by_place.get((row["kafka_partition"], row["kafka_offset"]))
        if record is not None:
            problems += [f"{table} {record.partition}/{record.offset}: {text}" for text in differences(row, record)]
    return problems


def check_places(table, rows, records, starts=None):
    """Exactly one row for each record, by partition and offset. Of what lies before `starts` only that it is not doubled."""
    found = Counter((row["kafka_partition"], row["kafka_offset"]) for row in rows)
    wanted = {(r.partition, r.offset) for r in records}
    problems = [f"{table} lacks the record {p}/{o}: lost" for p, o in sorted(wanted - found.keys())]
    problems += [f"{table} holds {p}/{o} {n} times: doubled" for (p, o), n in sorted(found.items()) if n > 1]
    unknown = [(p, o) for p, o in sorted(found.keys() - wanted) if o >= (starts or {}).get(p, 0)]
    problems += [f"{table} holds {p}/{o}, which is not in the topic: invented" for p, o in unknown]
    return problems


def differences(row, record):
    event = json.loads(record.value)
    envelope = {
        "event_id": event["id"],
        "event_source": event["source"],
        "event_time": event["time"],
        "received_at": event["receivedtime"],
        "raw_offset": int(record.headers["origin_offset"]),
        "event_date": moment(event["time"]).astimezone(timezone.utc).date().isoformat(),
    }
    expected = {**event["data"], **envelope}
    for name, value in row.items():
        if name not in {"kafka_partition", "kafka_offset"} and not same(value, expected.get(name)):
            yield f"column {name} is {value!r}, sent was {expected.get(name)!r}"
    for name in expected.keys() - row.keys():
        yield f"there is no column for {name}"


def same(stored, sent):
    """Equality between a value read by delta-rs and the JSON value that was sent."""
    if stored is None or sent is None:
        return stored is None and sent is None
    if isinstance(stored, datetime):
        return stored == moment(sent)
    if isinstance(stored, date):
        return stored.isoformat() == sent
    if isinstance(stored, dict):
        return isinstance(sent, dict) and not (sent.keys() - stored.keys()) and all(same(v, sent.get(k)) for k, v in stored.items())
    if isinstance(stored, list):
        return isinstance(sent, list) and len(stored) == len(sent) and all(map(same, stored, sent))
    if isinstance(stored, int) and isinstance(sent, str):
        return str(stored) == sent
    return type(stored) in (str, bool) and stored == sent or type(stored) in (int, float) and stored == sent


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
