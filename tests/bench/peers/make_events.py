"""Writes the events that every peer reads: tickets of 30 teams over 14 days, the same for the same arguments.

    make_events.py EVENTS END FOLDER

EVENTS is their number, and END the end of the 14 days, a whole hour (RFC 3339). FOLDER gets two files with
one set of events:

- ordered.ndjson: in the order of their times.
- disordered.ndjson: one event of ten arrives up to a day late, and three of a hundred arrive a second time.
"""

import random
import sys
from datetime import datetime, timedelta

TEAMS = 30
SPAN_MS = 14 * 86_400_000
LATE_MS = 86_400_000


def wait(source, typical_ms):
    """A wait in milliseconds: many short ones, few long ones, up to 18 times the typical one."""
    return int(typical_ms / 8 * (1 << source.randrange(7)) * (0.5 + source.random()))


def ticket_events(source, number):
    """The events of one ticket as (milliseconds since the start, ticket, type, team)."""
    at = source.randrange(SPAN_MS)
    team = f"team{source.randrange(TEAMS):02}"
    events = []

    def add(kind):
        if at < SPAN_MS:
            events.append((at, f"T-{number}", kind, team))

    add("created")
    if number % 40 == 0:
        return events
    for _ in range(source.randrange(1, 4)):
        at += wait(source, 7_200_000)
        add("agent_replied")
        if source.random() < 0.5:
            at += wait(source, 5_400_000)
            add("customer_replied")
    at += wait(source, 14_400_000)
    add("solved")
    return events


def main():
    count, end, folder = int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3]
    begin = end - timedelta(milliseconds=SPAN_MS)
    source = random.Random(5)
    events = []
    number = 0
    while len(events) < count:
        number += 1
        events.extend(ticket_events(source, number))
    del events[count:]
    events.sort()
    lines = []
    for index, (at, ticket, kind, team) in enumerate(events):
        time = (begin + timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = (
            f'{{"id":"e-{index}","type":"ticket.{kind}","time":"{time}","ticket":"{ticket}","team":"{team}",'
            f'"channel":"email"}}\n'
        )
        lines.append((at, index, line))
    with open(f"{folder}/ordered.ndjson", "w", encoding="utf-8") as file:
        file.writelines(line for _, _, line in lines)
    arrivals = []
    for at, index, line in lines:
        arrivals.append((at + (source.randrange(LATE_MS) if source.random() < 0.1 else 0), index, line))
        if source.random() < 0.03:
            arrivals.append((at + source.randrange(LATE_MS), index, line))
    arrivals.sort()
    with open(f"{folder}/disordered.ndjson", "w", encoding="utf-8") as file:
        file.writelines(line for _, _, line in arrivals)


main()
