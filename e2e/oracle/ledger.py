"""What clients sent and were answered, against what is there: the promise itself, told by id, not by offset."""

import json
from collections import Counter, defaultdict

SOURCE = "urn:sluice:demo"


def read_ledger(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def check_ledger(ledger, raw, tables, dead_letters, lost=frozenset(), starts=None):
    """Answered as durable: one row. Sent, not answered so: at most one. Nothing else. `tables`: rows by table name.

    `lost`: raw places that a gap names; an event of which every place is lost has no row.
    """
    where = defaultdict(list)
    for table, rows in tables.items():
        for row in rows:
            where[row["event_id"]].append(table)
    for row in dead_letters:
        if row["reason"] not in ("repeat", "gap"):
            where[id_of(row["value"])].append(row["reason"])
    problems = []
    for entry in ledger:
        found = where.pop(entry["id"], [])
        places = {tuple(place) for place in entry["places"]}
        if places and places <= lost:
            problems += [f"{entry['id']} lies in a gap and is in {found}" for _ in found[:1]]
            continue
        problems += judge(entry, found)
        problems += [f"{entry['id']} was answered {odd}" for odd in entry["odd"]]
    problems += [f"{found} holds {event_id}, which nobody sent: invented" for event_id, found in where.items()]
    return [*problems, *check_places(ledger, raw, starts or {})]


def judge(entry, found):
    name, answered = entry["id"], entry["answered"] > 0
    if len(found) > 1:
        yield f"{name} is there {len(found)} times: {found}: doubled"
    if answered and not found:
        yield f"{name} was answered as durable ({entry['via']}, {entry['attempts']} attempts) and is nowhere: lost"
    for place in found:
        # A table holds what is valid, a reason is that of a dead letter.
        if (entry["fate"] == "valid") != place.endswith("_v1") or (entry["fate"] != "valid" and place != entry["fate"]):
            yield f"{name} was sent as {entry['fate']} and ended as {place}"


def check_places(ledger, raw, starts):
    """An answer names partition and offset: the event must be there."""
    by_place = {(r.partition, r.offset): r for r in raw}
    for entry in ledger:
        for partition, offset in entry["places"]:
            if offset < starts.get(partition, 0):
                continue  # deleted since
            record = by_place.get((partition, offset))
            if record is None:
                yield f"{entry['id']} was answered as durable at raw {partition}/{offset}, where nothing is: false answer"
            elif id_of(record.value) != entry["id"]:
                yield f"{entry['id']} was answered as durable at raw {partition}/{offset}, where {id_of(record.value)} is: false answer"


def check_order(ledger, enriched, tables):
    """The counters of a key never go back: in the topic, and in the lake by the offsets that its rows name."""
    counters = {entry["id"]: (entry["key"], entry["n"]) for entry in ledger if entry["key"] is not None}
    rows = [row for rows in tables.values() for row in rows]
    yield from disorder("enriched topic", counters, ((r.partition, r.offset, id_of(r.value)) for r in enriched))
    yield from disorder("lake", counters, ((row["kafka_partition"], row["kafka_offset"], row["event_id"]) for row in rows))


def disorder(name, counters, places):
    last = {}
    for partition, offset, event_id in sorted(places):
        key, n = counters.get(event_id, (None, 0))
        if key is None:
            continue
        if n <= last.get(key, -1):
            yield f"{name} {partition}/{offset}: {key} went from {last[key]} back to {n}: disordered"
        last[key] = max(n, last.get(key, -1))


def tally(ledger):
    """How much was sent and answered, by way and fate: what a run is worth."""
    return {
        "sent": len(ledger),
        "answered": sum(entry["answered"] > 0 for entry in ledger),
        "inDoubt": sum(entry["answered"] == 0 for entry in ledger),
        "invalid": sum(entry["fate"] != "valid" and entry["answered"] > 0 for entry in ledger),
        "repeated": sum(entry["answered"] > 1 for entry in ledger),
        "via": dict(Counter(entry["via"] for entry in ledger)),
    }


def id_of(value):
    """The id of an event; of what is none, the bytes."""
    try:
        return json.loads(value)["id"]
    except (TypeError, ValueError, KeyError):
        return None if value is None else bytes(value).decode(errors="replace")
