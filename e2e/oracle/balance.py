"""What must be true between the topics and the lake, decided from the records alone."""

import json
from collections import Counter, defaultdict

REPEAT_WINDOW = 20_000


def check_outputs(raw, enriched, dlq, topic="raw", starts=None, cut=frozenset()):
    """Every raw offset has exactly one output, in the same partition, in order; nothing else is there.

    `starts`: first offset that the raw topic still has, by partition. What was deleted before it has an output or lies in a gap.
    `cut`: partitions of the enriched topic that have lost their beginning; what came of raw records before it is not known.
    """
    problems, gaps, lowest = [], set(), {}
    outputs = Counter()
    last = defaultdict(lambda: -1)
    for record in [*enriched, *dlq]:
        origin = origin_of(record)
        if is_gap(record):
            if record.headers["dlq_origin_topic"].decode() != topic:
                continue  # a loader's: of another topic
            gaps |= {(record.partition, o) for o in gap_of(record)}
            lowest.setdefault(record.partition, gap_of(record)[0])
        if origin is None:
            problems.append(f"{where(record)} names no origin")
            continue
        if not is_gap(record):
            outputs[(record.partition, origin)] += 1
        lowest[record.partition] = min(origin, lowest.get(record.partition, origin))
        lane = (record.topic, record.partition)
        if origin <= last[lane]:
            problems.append(f"{where(record)} has origin {origin} after {last[lane]}: order went back")
        last[lane] = origin
    known = {(r.partition, r.offset) for r in raw}
    deleted = {(p, o) for p, start in (starts or {}).items() for o in range(lowest.get(p, start), start)}
    problems += [f"raw {p}/{o} was deleted and has neither output nor gap: lost" for p, o in sorted(deleted - outputs.keys() - gaps)]
    problems += [f"raw {p}/{o} lies in a gap and is there, or has an output" for p, o in sorted(gaps & (known | outputs.keys()))]
    known |= {place for place in outputs if place[1] < (starts or {}).get(place[0], 0)}
    first = {p: min((origin_of(r) for r in enriched if r.partition == p), default=float("inf")) for p in cut}
    missing = [(p, o) for p, o in sorted(known - outputs.keys()) if o >= first.get(p, 0)]
    problems += [f"raw {p}/{o} has no output: lost" for p, o in missing]
    problems += [f"raw {p}/{o} has {n} outputs: doubled" for (p, o), n in sorted(outputs.items()) if n > 1]
    problems += [f"an output names raw {p}/{o}, which does not exist: invented" for p, o in sorted(outputs.keys() - known)]
    return problems


def check_repeats(raw, dlq, starts=None):
    """Repeats are exactly the events whose identity occurred within the previous 20,000 raw offsets of the partition."""
    newest, first, expected = {}, {}, {}
    for record in sorted(raw, key=lambda r: (r.partition, r.offset)):
        identity = identity_of(record)
        if identity is None:
            continue
        seen = (record.partition, identity)
        if seen in newest and record.offset - newest[seen] <= REPEAT_WINDOW:
            expected[(record.partition, record.offset)] = first[seen]
        else:
            first[seen] = record.offset
        newest[seen] = record.offset
    found = {
        (r.partition, origin_of(r)): int(r.headers["dlq_first_offset"])
        for r in dlq
        if r.headers["dlq_reason"] == b"repeat" and origin_of(r) >= (starts or {}).get(r.partition, 0)
    }
    problems = [f"raw {k} repeats offset {v} but was not marked so" for k, v in expected.items() if k not in found]
    problems += [f"raw {k} was marked a repeat of {v} but is none" for k, v in found.items() if k not in expected]
    problems += [
        f"raw {k} repeats offset {expected[k]}, its record says {v}" for k, v in found.items() if k in expected and expected[k] != v
    ]
    return problems


def check_enriched(raw, enriched):
    """An enriched event is its raw event plus `data.enrichment` and the enriched dataschema; no other value differs."""
    problems = []
    by_place = {(r.partition, r.offset): r for r in raw}
    for record in enriched:
        source = by_place.get((record.partition, origin_of(record)))
        if source is None:
            continue  # reported by check_outputs
        event, original = json.loads(record.value), json.loads(source.value)
        event["data"].pop("enrichment", None)
        event.pop("dataschema", None)
        original.pop("dataschema", None)
        if event != original:
            problems.append(f"{where(record)} differs from its raw event beyond the enrichment")
        if record.key != source.key:
            problems.append(f"{where(record)} has key {record.key}, its raw event {source.key}")
    return problems


def undouble(records):
    """Without what lies at or below an origin that came before in its partition, and how many of these there were."""
    last, kept = defaultdict(lambda: -1), []
    for record in records:
        if origin_of(record) > last[record.partition]:
            last[record.partition] = origin_of(record)
            kept.append(record)
    return kept, len(records) - len(kept)


def is_gap(record):
    return record.headers.get("dlq_reason") == b"gap"


def gap_of(record):
    """All offsets that a gap stands for."""
    return range(int(record.headers["dlq_gap_from"]), int(record.headers["dlq_origin_offset"]) + 1)


def identity_of(record):
    try:
        event = json.loads(record.value)
        identity = tuple(event[name] for name in ("sourceid", "source", "id"))
    except (TypeError, ValueError, KeyError):
        return None
    return identity if all(isinstance(part, str) and part != "" for part in identity) else None


def origin_of(record):
    text = record.headers.get("origin_offset") or record.headers.get("dlq_origin_offset")
    return None if text is None else int(text)


def where(record):
    return f"{record.topic} {record.partition}/{record.offset}"
