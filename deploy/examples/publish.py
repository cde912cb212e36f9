"""Publishes one ticket, created and answered, with confluent-kafka.

    pip install confluent-kafka
    python3 publish.py localhost:9092 ticket-events
"""

import json
import sys
import uuid
from datetime import datetime, timezone

from confluent_kafka import Producer

brokers, topic = sys.argv[1:]
producer = Producer({
    "bootstrap.servers": brokers,
    "enable.idempotence": True,  # A retry writes no record twice.
    "partitioner": "murmur2_random",  # As Java's clients: one ticket, one partition, whoever sends.
})
undelivered = []


def delivered(error, _record):
    if error is not None:
        undelivered.append(error)


def publish(kind, ticket, **fields):
    event = {
        "id": str(uuid.uuid4()),  # Make it once for each fact, and keep it when you send the event again.
        "type": kind,
        "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),  # When it happened.
        "ticket": ticket,
        **fields,
    }
    producer.produce(topic, key=ticket, value=json.dumps(event), on_delivery=delivered)


publish("ticket.created", "PY-1", team="billing", channel="email", priority="normal")
publish("ticket.agent_replied", "PY-1", team="billing", agent="agent-8")
if producer.flush(30) > 0 or undelivered:
    sys.exit(f"not delivered: {undelivered or 'no broker answered within 30 s'}")
