// Publishes one ticket, created and answered, with kafkajs.
//
//     npm install kafkajs
//     node publish.mjs localhost:9092 ticket-events

import { randomUUID } from "node:crypto";
import kafkajs from "kafkajs";

const [brokers, topic] = process.argv.slice(2);
const kafka = new kafkajs.Kafka({ brokers: brokers.split(",") });
const producer = kafka.producer({
  createPartitioner: kafkajs.Partitioners.DefaultPartitioner, // As Java's clients: one ticket, one partition.
  idempotent: true, // A retry writes no record twice.
});

function record(type, ticket, fields) {
  const event = {
    id: randomUUID(), // Make it once for each fact, and keep it when you send the event again.
    type,
    time: new Date().toISOString(), // When it happened.
    ticket,
    ...fields,
  };
  return { key: ticket, value: JSON.stringify(event) };
}

await producer.connect();
try {
  // It throws unless the broker has stored all records.
  await producer.send({
    topic,
    messages: [
      record("ticket.created", "JS-1", { team: "billing", channel: "email", priority: "normal" }),
      record("ticket.agent_replied", "JS-1", { team: "billing", agent: "agent-8" }),
    ],
  });
} finally {
  await producer.disconnect();
}
