"""Folds the enriched topic by schemas/realtime.yaml, written from its description alone, and compares with a dump of Redis."""

import json
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import yaml
from redis import Redis

PREFIX = "sluice:"
VIEWS = Path(__file__).parents[2] / "schemas" / "realtime.yaml"


def check_redis(found, enriched):
    """Every key, field and value of a dump of Redis equals the fold of the log; nothing is there beyond it."""
    expected = fold(enriched, yaml.safe_load(VIEWS.read_text()))
    problems = [f"redis lacks {key}" for key in sorted(expected.keys() - found.keys())]
    problems += [f"redis holds {key}, which no event made" for key in sorted(found.keys() - expected.keys())]
    for key in sorted(expected.keys() & found.keys()):
        problems += [
            f"redis {key} {field}: stored {found[key].get(field)!r}, folded {expected[key].get(field)!r}"
            for field in sorted(expected[key].keys() | found[key].keys())
            if expected[key].get(field) != found[key].get(field)
        ]
    return problems


def fold(enriched, views):
    keys = defaultdict(dict)
    for record in sorted(enriched, key=lambda r: (r.partition, r.offset)):
        event = json.loads(record.value)
        for name, view in views["states"].items():
            fold_state(keys, name, view, event, record)
        for name, view in views["boards"].items():
            fold_board(keys, name, view, event, record)
        for name, view in views["recent"].items():
            fold_recent(keys, name, view, event, record)
        minute = datetime.fromtimestamp(record.timestamp_ms // 60_000 * 60, timezone.utc)
        counts = keys[f"counts:{minute:%Y-%m-%dT%H:%MZ}"]
        counts[event["type"]] = str(int(counts.get(event["type"], "0")) + 1)
        counts["expires_at"] = str(int(minute.timestamp() * 1000) + 60_000 + duration_ms(views["counts"]["ttl"]))
    return keys


def fold_state(keys, name, view, event, record):
    spec = view["events"].get(event["type"])
    if spec is None:
        return
    state = keys[f"{name}:{escape(at(event, view['key']))}"]
    pointers = {**{member: f"/data/{member}" for member in spec.get("copy", [])}, **spec.get("fields", {})}
    for field, value in [*spec.get("set", {}).items(), *((field, at(event, p)) for field, p in pointers.items())]:
        if value is None:
            state.pop(field, None)
        else:
            state[field] = text(value)
    state["expires_at"] = str(record.timestamp_ms + duration_ms(view["ttl"]))


def fold_board(keys, name, view, event, record):
    if event["type"] not in view["events"]:
        return
    moment = at(event, view["at"])
    day = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(timezone.utc).date().isoformat()
    key = ":".join([name, *(escape(at(event, pointer)) for pointer in view["key"]), day])
    keys[key][at(event, view["entry"])] = f"{record.timestamp_ms + duration_ms(view['ttl'])} {moment}"


def fold_recent(keys, name, view, event, record):
    if event["type"] not in view["events"] or at(event, view["needs"]) is None:
        return
    ring = keys[f"{name}:{record.partition}"]
    count = int(ring.get("count", "0"))
    fields = {field: at(event, pointer) for field, pointer in view["fields"].items()}
    ring[str(count % view["size"])] = json.dumps({f: text(v) for f, v in fields.items() if v is not None}, separators=(",", ":"), ensure_ascii=False)
    ring["count"] = str(count + 1)
    ring["expires_at"] = str(record.timestamp_ms + duration_ms(view["ttl"]))


def dump(server):
    """All keys but the positions, as hashes."""
    redis = Redis(server["host"], server["port"], server.get("database", 0), password=server["password"], decode_responses=True)
    keys = [key for key in redis.scan_iter(f"{PREFIX}*", count=1000) if not key.startswith(f"{PREFIX}positions:")]
    pipeline = redis.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(key)
    return {key.removeprefix(PREFIX): fields for key, fields in zip(keys, pipeline.execute(), strict=True)}


def at(event, pointer):
    value = event
    for part in pointer.split("/")[1:]:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def escape(value):
    return value.replace("%", "%25").replace(":", "%3A")


def text(value):
    """A JSON value as the store keeps it: strings as they are, numbers as JavaScript prints them."""
    if isinstance(value, str):
        return value
    return number(value) if isinstance(value, float) else json.dumps(value)


def number(value):
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa}e{int(exponent):+d}"
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


def duration_ms(iso):
    """Only what the file uses: whole days, hours or minutes."""
    units = {"D": 86_400_000, "H": 3_600_000, "M": 60_000}
    return int(iso.strip("PTDHM")) * units[iso[-1]]
