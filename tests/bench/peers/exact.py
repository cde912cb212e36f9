"""The exact answer, counted from a file without any of the peers: also what plain Python takes for it.

    exact.py FILE FROM TO

Prints one line for each team, separated by tabs: the team, the first replies in [FROM, TO), those of them
within 4 hours of the creation of the ticket, and the median and the 90 % quantile of their waits in
milliseconds. A quantile is the smallest wait that at least this share of the waits does not exceed.
"""

import sys
from datetime import datetime

try:
    from orjson import loads
except ImportError:
    from json import loads

WITHIN_MS = 4 * 3_600_000


def milliseconds(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def quantile(ascending, percent):
    return ascending[-(-len(ascending) * percent // 100) - 1]


def main():
    begin, end = milliseconds(sys.argv[2]), milliseconds(sys.argv[3])
    created, replied = {}, {}
    with open(sys.argv[1], "rb") as file:
        for line in file:
            event = loads(line)
            kind, ticket = event["type"], event["ticket"]
            if kind == "ticket.created":
                created[ticket] = (milliseconds(event["time"]), event["team"])
            elif kind == "ticket.agent_replied":
                time = milliseconds(event["time"])
                if time < replied.get(ticket, time + 1):
                    replied[ticket] = time
    waits = {}
    for ticket, (time, team) in created.items():
        reply = replied.get(ticket)
        if reply is not None and begin <= reply < end:
            waits.setdefault(team, []).append(reply - time)
    for team, all_waits in sorted(waits.items()):
        all_waits.sort()
        within = sum(wait <= WITHIN_MS for wait in all_waits)
        print(team, len(all_waits), within, quantile(all_waits, 50), quantile(all_waits, 90), sep="\t")


main()
