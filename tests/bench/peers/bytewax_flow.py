"""The question as a dataflow of Bytewax. It reads the topic to its end, prints lines as exact.py, and exits.

The variables BROKER and TOPIC say what it reads, FROM and TO between which instants replies count.
Bytewax's windows only add, and put what is late aside. So the flow has its own: the waits of each team by
the hour of the reply.
"""

import os
from datetime import datetime

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from orjson import loads

HOUR_MS = 3_600_000
WITHIN_MS = 4 * HOUR_MS
KINDS = ("ticket.created", "ticket.agent_replied")


def milliseconds(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000)


FROM_HOUR = milliseconds(os.environ["FROM"]) // HOUR_MS
TO_HOUR = milliseconds(os.environ["TO"]) // HOUR_MS


def decode(messages):
    """The events of records by their tickets, without the types that do not matter here."""
    events = []
    for message in messages:
        event = loads(message.value)
        if event["type"] in KINDS:
            is_reply = event["type"] == KINDS[1]
            events.append((event["ticket"], (is_reply, milliseconds(event["time"]), event["team"])))
    return events


def by_team(changes):
    return [(team, (is_new, hour, wait)) for _, (is_new, team, hour, wait) in changes]


def sample(ticket):
    """The team, the reply's hour and the wait of a ticket that is answered."""
    created, replied, team = ticket
    if created is None or replied is None:
        return None
    return team, replied // HOUR_MS, replied - created


class Ticket(StatefulBatchLogic):
    """The creation, the first reply and the team of one ticket. It emits samples to take back and to add."""

    def __init__(self, state):
        self.state = state or (None, None, None)

    def on_batch(self, values):
        before = sample(self.state)
        created, replied, team = self.state
        for is_reply, time, event_team in values:
            if is_reply:
                replied = time if replied is None else min(replied, time)
            else:
                created, team = time, event_team
        self.state = created, replied, team
        after = sample(self.state)
        if before == after:
            return (), self.RETAIN
        changes = [(is_new, *one) for is_new, one in ((False, before), (True, after)) if one]
        return changes, self.RETAIN

    def snapshot(self):
        return self.state


def quantile(ascending, percent):
    return ascending[-(-len(ascending) * percent // 100) - 1]


class TeamWaits(StatefulBatchLogic):
    """The waits of one team by the hour of the reply."""

    def __init__(self, hours):
        self.hours = hours or {}

    def on_batch(self, values):
        for is_new, hour, wait in values:
            waits = self.hours.setdefault(hour, [])
            if is_new:
                waits.append(wait)
            else:
                waits.remove(wait)
        return (), self.RETAIN

    def on_eof(self):
        hours = range(FROM_HOUR, TO_HOUR)
        waits = sorted(wait for hour in hours for wait in self.hours.get(hour, ()))
        if not waits:
            return (), self.RETAIN
        within = sum(wait <= WITHIN_MS for wait in waits)
        return [(len(waits), within, quantile(waits, 50), quantile(waits, 90))], self.RETAIN

    def snapshot(self):
        return {hour: list(waits) for hour, waits in self.hours.items()}


flow = Dataflow("first_replies")
source = KafkaSource([os.environ["BROKER"]], [os.environ["TOPIC"]], tail=False, batch_size=10_000)
records = op.input("records", flow, source)
# The operators that take batches: those that take one item at a time need half as much CPU again.
events = op.flat_map_batch("decode", records, decode)
changes = op.stateful_batch("tickets", events, Ticket)
samples = op.flat_map_batch("by_team", changes, by_team)
answers = op.stateful_batch("teams", samples, TeamWaits)
lines = op.map("lines", answers, lambda answer: "\t".join(map(str, (answer[0], *answer[1]))))
op.output("print", lines, StdOutSink())
