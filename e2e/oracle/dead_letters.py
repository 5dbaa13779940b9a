"""Every dead letter is the raw record as it came, and every row of `dead_letters` says what its dead letter says."""

import base64
import json
import re
from datetime import datetime, timedelta, timezone

from balance import is_gap, origin_of, where

# What only the platform writes on its outputs: whoever sends one of these has it taken off. So are all of dlq_*.
RESERVED = {"event_type", "contract_version", "origin_offset", "identity"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def check_dead_letters(raw, dlq, topic="raw"):
    """Value, key, headers and origin are those of the raw record. A repeat has no value; one that does not fit says so."""
    by_place = {(r.partition, r.offset): r for r in raw}
    problems = []
    for record in dlq:
        source = by_place.get((record.partition, origin_of(record)))
        if is_gap(record) or source is None:
            continue  # stands for no record; deleted since, or reported by check_outputs
        problems += [f"{where(record)}: {text}" for text in altered(record, source, topic)]
    return problems


def altered(record, source, topic):
    reason, headers = record.headers["dlq_reason"], record.headers
    origin = (headers.get("dlq_origin_topic"), headers.get("dlq_origin_partition"))
    if origin != (topic.encode(), b"%d" % source.partition):
        yield f"names the origin {origin}, it lies in {topic}/{source.partition}"
    left_out = re.search(rb"the value of (\d+) bytes does not fit here", headers.get("dlq_message", b"")) if record.value is None else None
    if reason == b"repeat":
        if record.value != b"":
            yield f"a repeat has the value {record.value!r}"
        if headers.get("dlq_first_partition") != b"%d" % source.partition:
            yield f"repeats something in partition {headers.get('dlq_first_partition')}"
    elif left_out is not None and source.value is not None:
        if int(left_out[1]) != len(source.value):
            yield f"leaves out a value of {left_out[1].decode()} bytes, its raw record has {len(source.value)}"
    elif record.value != source.value:
        yield f"value {record.value!r} differs from that of its raw record: {source.value!r}"
    key = key_of(record)
    if key != source.key and not (left_out is not None and key is None):
        yield f"key {key!r} differs from that of its raw record: {source.key!r}"
    if reason != b"headers":  # these cannot all be carried
        sent = {name: value for name, value in own_headers(source).items() if name not in RESERVED}
        if own_headers(record) != sent:
            yield f"headers {own_headers(record)} differ from those of its raw record: {sent}"


def check_dead_rows(rows, dlq):
    """Each row of the table holds its dead letter, column for column. Which rows there have to be: check_places."""
    by_place = {(r.partition, r.offset): r for r in dlq}
    problems = []
    for row in rows:
        record = by_place.get((row["kafka_partition"], row["kafka_offset"]))
        if record is None:
            continue
        problems += [
            f"dead_letters {record.partition}/{record.offset}: column {name} is {row.get(name)!r}, the dead letter says {value!r}"
            for name, value in row_of(record).items()
            if (json.loads(row[name]) if name == "headers" and row.get(name) else row.get(name)) != value
        ]
    return problems


def row_of(record):
    texts = {n: v.decode(errors="replace").replace("\0", "") for n, v in record.headers.items()}
    time = datetime.fromisoformat(texts["dlq_time"].replace("Z", "+00:00"))
    named = {name: texts.get(f"dlq_{name}") for name in ("reason", "pointer", "message", "contract", "identity", "service", "service_version", "origin_topic")}
    numbers = ("origin_partition", "origin_offset", "first_partition", "first_offset")
    return {
        **named,
        **{name: int(texts[f"dlq_{name}"]) if f"dlq_{name}" in texts else None for name in numbers},
        "dead_letter_id": f"{record.topic}/{record.partition}/{record.offset}",
        "dead_letter_time": time,
        "event_date": time.date(),
        "kafka_timestamp": EPOCH + timedelta(milliseconds=record.timestamp_ms),
        "kafka_topic": record.topic,
        "key": key_of(record),
        "value": None if texts["dlq_reason"] == "repeat" else record.value,
        "headers": {name: as_json(value) for name, value in own_headers(record).items()},
    }


def key_of(record):
    """A key that Kafka, or a contract, does not take is carried in a header."""
    carried = record.headers.get("dlq_key")
    return record.key if carried is None else base64.b64decode(carried)


def own_headers(record):
    return {name: value for name, value in record.headers.items() if not name.startswith("dlq_")}


def as_json(value):
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}
