#!/usr/bin/env python3
"""Writes the demo's month of CRM events to standard output, as CloudEvents, one a line.

September 2026 of the sample organisation in rules/behaviour/sample. The same seed gives the same
file. After each day comes the heartbeat that says the day is complete.

    ./make_events.py | gzip -9n > events.ndjson.gz
"""
import datetime
import json
import random

FLOORS = {"u102": (8, 2, 1, 1), "u103": (6, 3, 2, 2), "u104": (4, 3, 3, 3), "u202": (8, 2, 1, 1),
          "u203": (6, 3, 2, 2)}
WEEKLY = {"u102": 50000, "u103": 80000, "u104": 120000, "u202": 50000, "u203": 80000}
ZONE = datetime.timezone(datetime.timedelta(hours=8))
# Days on which somebody does too little, and weeks that bring in a part of their target only.
SLACK = {"u102": {7, 8, 9, 21, 22}, "u202": {8, 9, 11}, "u203": {16, 17}}
WEAK_WEEKS = {("u102", 37): 0.32, ("u202", 38): 0.38}
OFF = {"2026-09-05", "2026-09-06", "2026-09-12", "2026-09-13", "2026-09-19", "2026-09-26",
       "2026-09-25", "2026-09-27"}  # 2026-09-20 is a make-up working day
LEAVE = {("u202", "2026-09-10")}

rng = random.Random(2026)
number = 0


def emit(kind, time, data):
    global number
    number += 1
    print(json.dumps({"specversion": "1.0", "type": f"com.example.{kind}", "source": "/crm/demo",
                      "id": f"demo-{number:05}", "time": time.isoformat(), "data": data},
                     ensure_ascii=False, separators=(",", ":")))


def at(day):
    return datetime.datetime(day.year, day.month, day.day, 9, tzinfo=ZONE) + datetime.timedelta(
        minutes=rng.randrange(9 * 60))


def main():
    day = datetime.date(2026, 9, 1)
    while day.month == 9:
        works = day.isoformat() not in OFF
        events = []
        for owner, (touches, needs, proposals, demos) in FLOORS.items():
            if not works or (owner, day.isoformat()) in LEAVE:
                continue
            slack = day.day in SLACK.get(owner, ())
            wanted = max(touches // 2, 1) if slack else touches + rng.randrange(3)
            for _ in range(wanted):
                events.append(("crm.activity.completed", at(day), {
                    "owner_id": owner, "kind": rng.choice(["call", "visit", "wecom"]),
                    "direction": "out"}))
            for kind, count, extra in (("crm.need.confirmed", needs, {}),
                                       ("crm.proposal.sent", proposals, {}),
                                       ("crm.meeting.booked", demos, {"kind": "demo"})):
                for _ in range(0 if slack and kind == "crm.need.confirmed" else count):
                    events.append((kind, at(day), {"owner_id": owner, **extra}))
            week = day.isocalendar().week
            days = {36: 4, 37: 5, 38: 6, 39: 4, 40: 3}[week]
            share = WEAK_WEEKS.get((owner, week), 0.95 + rng.random() * 0.2) / days
            events.append(("erp.order.confirmed", at(day), {
                "owner_id": owner,
                "amount": {"amount": f"{WEEKLY[owner] * share:.2f}", "currency": "CNY"}}))
        for event in sorted(events, key=lambda e: e[1]):
            emit(*event)
        midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=ZONE)
        until = midnight + datetime.timedelta(days=1)
        emit("sys.source.heartbeat", until, {"complete_until": until.isoformat(),
                                             "partition_scope": "partition"})
        day += datetime.timedelta(days=1)


main()
