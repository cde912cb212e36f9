import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;

/**
 * The question in Kafka Streams: FirstReplies BROKER TOPIC APPLICATION STATE_FOLDER THREADS FROM TO.
 *
 * <p>It reads the topic to its end, prints lines as exact.py, and exits. Windows of time only add, and drop
 * what is later than their grace period. So the tickets are a table, and a second table, which follows the
 * corrections of the first, has the waits of each team by the hour of the reply.
 */
public final class FirstReplies {
  private static final long HOUR_MS = 3_600_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One event, as far as it matters here. */
  record Event(boolean isReply, long time, String team) {}

  /** What is known of one ticket: 0 where nothing is known yet. */
  record Ticket(long created, long replied, String team) {
    Ticket with(Event event) {
      if (!event.isReply()) {
        return new Ticket(event.time(), replied, event.team());
      }
      return new Ticket(created, replied == 0 ? event.time() : Math.min(replied, event.time()), team);
    }

    boolean isAnswered() {
      return created != 0 && replied != 0;
    }
  }

  /** The event of a record; null for the types that do not matter here. */
  static Event decode(byte[] bytes) {
    try {
      JsonNode event = JSON.readTree(bytes);
      String type = event.get("type").textValue();
      boolean isReply = type.equals("ticket.agent_replied");
      if (!isReply && !type.equals("ticket.created")) {
        return null;
      }
      long time = OffsetDateTime.parse(event.get("time").textValue()).toInstant().toEpochMilli();
      return new Event(isReply, time, event.get("team").textValue());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static <T> Serde<T> serde(Serializer<T> write, Deserializer<T> read) {
    return Serdes.serdeFrom(
        (topic, value) -> value == null ? null : write.serialize(topic, value),
        (topic, bytes) -> bytes == null ? null : read.deserialize(topic, bytes));
  }

  private static final Serde<Ticket> TICKET =
      serde(
          (topic, ticket) -> {
            byte[] team = ticket.team().getBytes(StandardCharsets.UTF_8);
            ByteBuffer buffer = ByteBuffer.allocate(16 + team.length);
            return buffer.putLong(ticket.created()).putLong(ticket.replied()).put(team).array();
          },
          (topic, bytes) -> {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            String team = new String(bytes, 16, bytes.length - 16, StandardCharsets.UTF_8);
            return new Ticket(buffer.getLong(), buffer.getLong(), team);
          });

  private static final Serde<List<Long>> WAITS =
      serde(
          (topic, waits) -> {
            ByteBuffer buffer = ByteBuffer.allocate(8 * waits.size());
            waits.forEach(buffer::putLong);
            return buffer.array();
          },
          (topic, bytes) -> {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            List<Long> waits = new ArrayList<>(bytes.length / 8 + 1);
            while (buffer.hasRemaining()) {
              waits.add(buffer.getLong());
            }
            return waits;
          });

  static Topology topology(String topic) {
    StreamsBuilder builder = new StreamsBuilder();
    Materialized<String, Ticket, KeyValueStore<Bytes, byte[]>> tickets = Materialized.as("tickets");
    Materialized<String, List<Long>, KeyValueStore<Bytes, byte[]>> hours = Materialized.as("hours");
    builder.stream(topic, Consumed.with(Serdes.String(), Serdes.ByteArray()))
        .mapValues(FirstReplies::decode)
        .filter((id, event) -> event != null)
        .groupByKey()
        .aggregate(
            () -> new Ticket(0, 0, ""),
            (id, event, ticket) -> ticket.with(event),
            tickets.withKeySerde(Serdes.String()).withValueSerde(TICKET))
        .filter((id, ticket) -> ticket.isAnswered())
        .groupBy(
            (id, ticket) ->
                KeyValue.pair(
                    ticket.team() + "@" + ticket.replied() / HOUR_MS, ticket.replied() - ticket.created()),
            Grouped.with("hours", Serdes.String(), Serdes.Long()))
        .aggregate(
            ArrayList::new,
            (key, wait, waits) -> {
              waits.add(wait);
              return waits;
            },
            (key, wait, waits) -> {
              waits.remove(wait);
              return waits;
            },
            hours.withKeySerde(Serdes.String()).withValueSerde(WAITS));
    return builder.build();
  }

  /** Whether the group has committed the ends of all partitions of a topic. */
  private static boolean isAtEnd(Admin admin, String group, String topic) throws Exception {
    if (!admin.listTopics().names().get().contains(topic)) {
      return false;
    }
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    for (var partition : admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()) {
      latest.put(new TopicPartition(topic, partition.partition()), OffsetSpec.latest());
    }
    var ends = admin.listOffsets(latest).all().get();
    var committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    return ends.entrySet().stream()
        .allMatch(
            end -> {
              OffsetAndMetadata at = committed.get(end.getKey());
              return end.getValue().offset() == 0 || at != null && at.offset() >= end.getValue().offset();
            });
  }

  private static long quantile(List<Long> ascending, int percent) {
    return ascending.get((ascending.size() * percent + 99) / 100 - 1);
  }

  private static void print(KafkaStreams streams, long from, long to) {
    var type = QueryableStoreTypes.<String, List<Long>>keyValueStore();
    var store = streams.store(StoreQueryParameters.fromNameAndType("hours", type));
    Map<String, List<Long>> teams = new TreeMap<>();
    try (KeyValueIterator<String, List<Long>> all = store.all()) {
      while (all.hasNext()) {
        var next = all.next();
        int split = next.key.lastIndexOf('@');
        long hour = Long.parseLong(next.key.substring(split + 1)) * HOUR_MS;
        if (hour >= from && hour < to) {
          teams.computeIfAbsent(next.key.substring(0, split), team -> new ArrayList<>()).addAll(next.value);
        }
      }
    }
    teams.forEach(
        (team, waits) -> {
          Collections.sort(waits);
          long within = waits.stream().filter(wait -> wait <= 4 * HOUR_MS).count();
          System.out.println(
              String.join(
                  "\t",
                  team,
                  String.valueOf(waits.size()),
                  String.valueOf(within),
                  String.valueOf(quantile(waits, 50)),
                  String.valueOf(quantile(waits, 90))));
        });
  }

  public static void main(String[] arguments) throws Exception {
    String broker = arguments[0];
    String topic = arguments[1];
    String application = arguments[2];
    Properties config = new Properties();
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    config.put(StreamsConfig.STATE_DIR_CONFIG, arguments[3]);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, arguments[4]);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    // A restarted process gets its partitions at once, and not after the session timeout.
    config.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, application);
    // Results are to be seen within a second; the default is 30 seconds.
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
    try (KafkaStreams streams = new KafkaStreams(topology(topic), config);
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker))) {
      streams.start();
      while (streams.state() != KafkaStreams.State.RUNNING
          || !isAtEnd(admin, application, topic)
          || !isAtEnd(admin, application, application + "-hours-repartition")) {
        Thread.sleep(100);
      }
      print(streams, Instant.parse(arguments[5]).toEpochMilli(), Instant.parse(arguments[6]).toEpochMilli());
    }
  }
}
