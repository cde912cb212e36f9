// Publishes one ticket, created and answered, with kafka-clients.
//
//     java -cp "kafka-clients-4.1.1.jar:…" Publish.java localhost:9092 ticket-events

import java.time.Instant;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Publish {
    public static void main(String[] arguments) throws Exception {
        var properties = new Properties();
        properties.put("bootstrap.servers", arguments[0]);
        properties.put("key.serializer", StringSerializer.class.getName());
        // Plain JSON: a serializer of a schema registry would put bytes before it, which Vaste rejects.
        properties.put("value.serializer", StringSerializer.class.getName());
        try (var producer = new KafkaProducer<String, String>(properties)) {
            publish(producer, arguments[1], "ticket.created", "JAVA-1",
                "\"team\":\"billing\",\"channel\":\"email\",\"priority\":\"normal\"");
            publish(producer, arguments[1], "ticket.agent_replied", "JAVA-1",
                "\"team\":\"billing\",\"agent\":\"agent-8\"");
        }
    }

    private static void publish(
        KafkaProducer<String, String> producer, String topic, String type, String ticket, String fields
    ) throws Exception {
        // Make the id once for each fact, and keep it when you send the event again. `time` is when it
        // happened. Your program has a library for JSON: use it.
        var event = String.format(
            "{\"id\":\"%s\",\"type\":\"%s\",\"time\":\"%s\",\"ticket\":\"%s\",%s}",
            UUID.randomUUID(), type, Instant.now(), ticket, fields);
        // Waits until the broker has stored the record, and throws if it does not.
        producer.send(new ProducerRecord<>(topic, ticket, event)).get();
    }
}
