"""The oracle on tampered inputs: each kind of damage must be found, and an intact input must pass."""

import json
import unittest
from dataclasses import replace

from balance import check_enriched, check_outputs, check_repeats, undouble
from kafka_log import Record
from lake import check_table
from ledger import check_ledger, check_order


def raw(offset, event_id):
    event = {"sourceid": "k", "source": "s", "id": event_id, "type": "t.v1", "time": "2013-09-01T00:00:00Z",
             "receivedtime": "2026-01-01T00:00:00.000001Z", "data": {"n": offset}}
    return Record("raw", 0, offset, 0, b"key", json.dumps(event).encode(), {})


def enriched(record, offset):
    headers = {"origin_offset": str(record.offset).encode(), "event_type": b"t.v1"}
    return replace(record, topic="enriched", offset=offset, headers=headers)


def repeat(record, offset, first):
    headers = {"dlq_origin_offset": str(record.offset).encode(), "dlq_reason": b"repeat", "dlq_first_offset": str(first).encode()}
    return replace(record, topic="dlq", offset=offset, value=b"", headers=headers)


def gap(first, last, topic="raw"):
    headers = {"dlq_reason": b"gap", "dlq_origin_topic": topic.encode(), "dlq_gap_from": b"%d" % first, "dlq_origin_offset": b"%d" % last}
    return Record("dlq", 0, 0, 0, None, b"", headers)


class Oracle(unittest.TestCase):
    def setUp(self):
        self.raw = [raw(0, "a"), raw(1, "b"), raw(2, "a"), raw(3, "c")]
        self.good = [enriched(self.raw[0], 0), enriched(self.raw[1], 1), enriched(self.raw[3], 2)]
        self.dlq = [repeat(self.raw[2], 0, 0)]

    def problems(self, out=None, dlq=None):
        out, dlq = self.good if out is None else out, self.dlq if dlq is None else dlq
        return [*check_outputs(self.raw, out, dlq), *check_repeats(self.raw, dlq), *check_enriched(self.raw, out)]

    def test_finds_nothing_in_an_intact_input(self):
        self.assertEqual(self.problems(), [])

    def test_finds_a_lost_record(self):
        self.assertIn("raw 0/1 has no output: lost", self.problems([self.good[0], self.good[2]]))

    def test_takes_what_was_deleted_for_lost_unless_a_gap_names_it(self):
        self.raw, self.good, self.dlq = self.raw[3:], [self.good[0], self.good[2]], []
        found = check_outputs(self.raw, self.good, [], "raw", {0: 3})
        self.assertEqual(found, [f"raw 0/{o} was deleted and has neither output nor gap: lost" for o in (1, 2)])
        self.assertEqual(check_outputs(self.raw, self.good, [gap(1, 2)], "raw", {0: 3}), [])
        self.assertTrue(check_outputs(self.raw, self.good, [gap(1, 3)], "raw", {0: 3}))
        self.assertEqual(check_outputs(self.raw, self.good, [gap(1, 2), gap(0, 9, "enriched")], "raw", {0: 3}), [])

    def test_expects_nothing_of_an_output_that_has_lost_its_beginning_before_what_is_left(self):
        left = self.good[1:]
        self.assertIn("raw 0/0 has no output: lost", check_outputs(self.raw, left, self.dlq))
        self.assertEqual(check_outputs(self.raw, left, self.dlq, cut={0}), [])
        self.assertEqual(check_outputs(self.raw, self.good[1:2], self.dlq, cut={0}), ["raw 0/3 has no output: lost"])
        self.assertEqual(check_outputs(self.raw, left, [], cut={0}), ["raw 0/2 has no output: lost"])

    def test_sets_copies_aside_only_where_they_may_be(self):
        copies = [*self.good, replace(self.good[1], offset=3), replace(self.good[2], offset=4), enriched(raw(4, "d"), 5)]
        self.assertEqual(undouble(copies), ([*self.good, copies[-1]], 2))

    def test_finds_a_doubled_record(self):
        doubled = [*self.good, replace(self.good[2], offset=3)]
        self.assertIn("raw 0/3 has 2 outputs: doubled", self.problems(doubled))

    def test_finds_records_out_of_order(self):
        swapped = [self.good[1], self.good[0], self.good[2]]
        self.assertTrue(any("order went back" in p for p in self.problems(swapped)))

    def test_finds_an_invented_record(self):
        invented = [*self.good, enriched(raw(9, "z"), 3)]
        self.assertIn("an output names raw 0/9, which does not exist: invented", self.problems(invented))

    def test_finds_a_changed_value(self):
        changed = replace(self.good[1], value=self.good[1].value.replace(b'"n": 1', b'"n": 2'))
        self.assertTrue(any("differs from its raw event" in p for p in self.problems([self.good[0], changed, self.good[2]])))

    def test_finds_a_repeat_that_was_not_marked(self):
        taken = [*self.good[:2], enriched(self.raw[2], 2), replace(self.good[2], offset=3)]
        self.assertTrue(any("was not marked so" in p for p in self.problems(taken, [])))

    def test_finds_an_event_that_was_marked_a_repeat_and_is_none(self):
        self.assertTrue(any("but is none" in p for p in self.problems([self.good[0], self.good[2]], [*self.dlq, repeat(self.raw[1], 1, 0)])))

    def test_finds_a_repeat_that_names_another_first_offset(self):
        self.assertEqual(self.problems(dlq=[repeat(self.raw[2], 0, 1)]), ["raw (0, 2) repeats offset 0, its record says 1"])

    def test_finds_rows_that_are_lost_doubled_invented_or_changed(self):
        from datetime import date, datetime, timezone

        def row(record):
            return {"event_id": json.loads(record.value)["id"], "event_source": "s", "n": json.loads(record.value)["data"]["n"],
                    "event_time": datetime(2013, 9, 1, tzinfo=timezone.utc), "received_at": datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=timezone.utc),
                    "kafka_partition": 0, "kafka_offset": record.offset, "raw_offset": int(record.headers["origin_offset"]),
                    "event_date": date(2013, 9, 1)}

        rows = [row(r) for r in self.good]
        self.assertEqual(check_table("t", rows, self.good), [])
        self.assertIn("t lacks the record 0/1: lost", check_table("t", [rows[0], rows[2]], self.good))
        self.assertIn("t holds 0/2 2 times: doubled", check_table("t", [*rows, rows[2]], self.good))
        self.assertIn("t holds 0/7, which is not in the topic: invented", check_table("t", [*rows, {**rows[0], "kafka_offset": 7}], self.good))
        self.assertTrue(any("column n is 5" in p for p in check_table("t", [rows[0], {**rows[1], "n": 5}, rows[2]], self.good)))


def sent(event_id, key, n, fate="valid", answered=1, places=()):
    return {"id": event_id, "key": key, "n": n, "fate": fate, "via": "rest", "attempts": 1, "answered": answered,
            "places": [list(place) for place in places], "odd": []}


class Ledger(unittest.TestCase):
    def setUp(self):
        self.raw = [raw(0, "a"), raw(1, "b"), raw(2, "bad")]
        self.ledger = [sent("a", "k", 0, places=[(0, 0)]), sent("b", "k", 1, places=[(0, 1)]), sent("bad", "k", 2, "contract")]
        self.rows = [{"event_id": "a", "kafka_partition": 0, "kafka_offset": 0}, {"event_id": "b", "kafka_partition": 0, "kafka_offset": 1}]
        self.dead = [{"reason": "contract", "value": self.raw[2].value}, {"reason": "repeat", "value": None}]

    def problems(self, ledger=None, rows=None, dead=None, raw=None):
        return list(check_ledger(ledger or self.ledger, raw or self.raw, {"t_v1": rows if rows is not None else self.rows}, dead or self.dead))

    def test_finds_nothing_where_all_is_as_answered(self):
        self.assertEqual(self.problems(), [])

    def test_finds_an_answered_event_that_is_nowhere(self):
        self.assertTrue(any(p.startswith("b was answered") and p.endswith("lost") for p in self.problems(rows=self.rows[:1])))

    def test_lets_an_unanswered_event_be_there_or_not(self):
        unanswered = [self.ledger[0], sent("b", "k", 1, answered=0), self.ledger[2]]
        self.assertEqual(self.problems(unanswered), [])
        self.assertEqual(self.problems(unanswered, rows=self.rows[:1]), [])

    def test_finds_an_event_that_is_there_twice_in_whatever_places(self):
        self.assertIn("b is there 2 times: ['t_v1', 't_v1']: doubled", self.problems(rows=[*self.rows, self.rows[1]]))
        dead = [*self.dead, {"reason": "contract", "value": self.raw[1].value}]
        self.assertIn("b is there 2 times: ['t_v1', 'contract']: doubled", self.problems(dead=dead))

    def test_finds_an_event_that_nobody_sent(self):
        self.assertTrue(any("holds z, which nobody sent" in p for p in self.problems(rows=[*self.rows, {"event_id": "z"}])))

    def test_finds_wrong_dead_letters(self):
        self.assertIn("b was sent as valid and ended as contract",
                      self.problems(rows=self.rows[:1], dead=[*self.dead, {"reason": "contract", "value": self.raw[1].value}]))
        self.assertIn("bad was sent as contract and ended as bug", self.problems(dead=[{"reason": "bug", "value": self.raw[2].value}]))

    def test_finds_a_false_answer(self):
        lied = [sent("a", "k", 0, places=[(0, 1)]), *self.ledger[1:]]
        self.assertTrue(any("where b is: false answer" in p for p in self.problems(lied)))
        self.assertTrue(any("where nothing is: false answer" in p for p in self.problems([sent("a", "k", 0, places=[(3, 9)]), *self.ledger[1:]])))

    def test_finds_a_key_whose_counter_goes_back(self):
        out = [enriched(self.raw[1], 0), enriched(self.raw[0], 1)]
        self.assertIn("enriched topic 0/1: k went from 1 back to 0: disordered", list(check_order(self.ledger, out, {})))
        swapped = [{**self.rows[0], "kafka_offset": 5}, self.rows[1]]
        self.assertIn("lake 0/5: k went from 1 back to 0: disordered", list(check_order(self.ledger, [], {"t_v1": swapped})))
        self.assertEqual(list(check_order(self.ledger, [enriched(self.raw[0], 0), enriched(self.raw[1], 1)], {"t_v1": self.rows})), [])


if __name__ == "__main__":
    unittest.main()
