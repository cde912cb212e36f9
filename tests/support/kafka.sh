# shellcheck shell=bash
# Apache Kafka for tests and benches: jars from Maven Central, in the cache, and one broker in KRaft mode on loopback.
# tests/run and tests/bench/peers/run source it after tools.sh. Whoever starts the broker calls stop_kafka on exit.

kafka_version=4.1.1
kafka_needs=""
kafka_pid=""
kafka_data=""

stop_kafka() {
  if [ -n "$kafka_pid" ]; then
    kill "$kafka_pid" 2>/dev/null
    wait "$kafka_pid" 2>/dev/null
  fi
  if [ -n "$kafka_data" ]; then rm -rf "$kafka_data"; fi
}

# The jars of the broker and of its command line tools, once.
fetch_kafka() {
  local home="$cache/kafka-$kafka_version"
  [ "$(cat "$home/complete" 2>/dev/null)" = "with tools" ] && return 0
  mkdir -p "$home"
  cat >"$home/pom.xml" <<EOF
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>vaste</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka_version</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$kafka_version</version>
    </dependency>
  </dependencies>
</project>
EOF
  (cd "$home" && mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=libs) &&
    echo "with tools" >"$home/complete"
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first of four free ports in a row.
free_ports() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if is_free "$port" && is_free $((port + 1)) && is_free $((port + 2)) && is_free $((port + 3)); then
      echo "$port"
      return
    fi
  done
}

# Waits up to a minute until a port accepts connections.
wait_for_port() {
  timeout 60 bash -c \
    "until (exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null; do read -rt 0.1 <> <(:) || :; done"
}

# Starts a broker unless VASTE_TEST_KAFKA names one.
start_kafka() {
  [ -n "${VASTE_TEST_KAFKA-}" ] && return 0
  if ! command -v java >/dev/null; then kafka_needs="a JDK 17 or later"; return 1; fi
  if ! command -v mvn >/dev/null; then kafka_needs="Maven"; return 1; fi
  if ! fetch_kafka; then kafka_needs="nothing: Maven Central could not be reached"; return 1; fi
  local plain sasl controller tls
  plain=$(free_ports) sasl=$((plain + 1)) controller=$((plain + 2)) tls=$((plain + 3))
  kafka_data=$(mktemp -d)
  # A self-signed certificate.
  local store=(-keystore "$kafka_data/broker.p12" -storetype PKCS12 -storepass only-for-tests -alias broker)
  keytool -genkeypair "${store[@]}" -keyalg RSA -keysize 2048 -validity 30 -dname CN=127.0.0.1 \
    -ext SAN=IP:127.0.0.1 >"$kafka_data/keytool.log" 2>&1 &&
    keytool -exportcert -rfc "${store[@]}" -file "$kafka_data/broker.pem" >>"$kafka_data/keytool.log" 2>&1 ||
    {
      tail -3 "$kafka_data/keytool.log"
      kafka_needs="keytool, of the JDK"
      return 1
    }
  cat >"$kafka_data/server.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$plain,SASL_PLAINTEXT://127.0.0.1:$sasl,\
SSL://127.0.0.1:$tls,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$plain,SASL_PLAINTEXT://127.0.0.1:$sasl,SSL://127.0.0.1:$tls
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
ssl.keystore.type=PKCS12
ssl.keystore.location=$kafka_data/broker.p12
ssl.keystore.password=only-for-tests
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_vaste="right-secret";
log.dirs=$kafka_data/log
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
EOF
  local libs="$cache/kafka-$kafka_version/libs/*"
  java -cp "$libs" kafka.tools.StorageTool format --standalone -t MkU3OEVBNTcwNTJENDM2Qg \
    -c "$kafka_data/server.properties" >"$kafka_data/format.log" 2>&1 ||
    {
      tail -3 "$kafka_data/format.log"
      kafka_needs="nothing: the broker's storage could not be made"
      return 1
    }
  java -Xmx512m -cp "$libs" kafka.Kafka "$kafka_data/server.properties" >"$kafka_data/broker.log" 2>&1 &
  kafka_pid=$!
  if ! wait_for_port "$plain"; then
    kafka_needs="nothing: the broker did not start"
    return 1
  fi
  export VASTE_TEST_KAFKA="127.0.0.1:$plain" VASTE_TEST_KAFKA_SASL="127.0.0.1:$sasl"
  export VASTE_TEST_KAFKA_TLS="127.0.0.1:$tls" VASTE_TEST_KAFKA_CA="$kafka_data/broker.pem"
}

# Tests that kill a broker or cut it off start a broker of their own, even if VASTE_TEST_KAFKA names one.
find_kafka_libs() {
  if ! command -v java >/dev/null; then kafka_needs="a JDK 17 or later"; return 1; fi
  if ! command -v mvn >/dev/null; then kafka_needs="Maven"; return 1; fi
  if ! fetch_kafka; then kafka_needs="nothing: Maven Central could not be reached"; return 1; fi
  export VASTE_TEST_KAFKA_LIBS="$cache/kafka-$kafka_version/libs"
}
