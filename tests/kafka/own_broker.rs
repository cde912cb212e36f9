//! A broker of a single test, which can be stopped, killed and cut off. `tests/run` names the jars
//! of Kafka in `VASTE_TEST_KAFKA_LIBS`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::harness::process::free_ports;
use crate::harness::{ChildProcess, root, wait_for};
use crate::proxy::Proxy;

/// One broker in KRaft mode on loopback. It has one direct address, one behind a network that can be
/// cut, one that it advertises under a name that no name service knows, and one with SASL. There the
/// user `vaste` with the password `right-secret` may do what [`Broker::allow`] has allowed.
pub(crate) struct Broker {
    folder: tempfile::TempDir,
    libs: String,
    port: u16,
    external: u16,
    sasl: u16,
    proxy: Proxy,
    child: ChildProcess,
}

impl Broker {
    /// Starts one. `None` if the jars are missing.
    pub(crate) fn start() -> Option<Self> {
        Self::start_of_cluster("MkU3OEVBNTcwNTJENDM2Qg")
    }

    /// Starts one of a cluster with this id.
    pub(crate) fn start_of_cluster(id: &str) -> Option<Self> {
        let Ok(libs) = std::env::var("VASTE_TEST_KAFKA_LIBS") else {
            println!("left out: no jars of Kafka in VASTE_TEST_KAFKA_LIBS; tests/run finds them");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let [port, behind, controller, external, sasl] = free_ports();
        let proxy = Proxy::before(behind);
        let cut = proxy.port();
        let config = format!(
            "process.roles=broker,controller\nnode.id=1\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
             listeners=PLAIN://127.0.0.1:{port},CUT://127.0.0.1:{behind},\
             EXTERNAL://127.0.0.1:{external},SASL://127.0.0.1:{sasl},\
             CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAIN://127.0.0.1:{port},CUT://127.0.0.1:{cut},\
             EXTERNAL://kafka-internal.invalid:{external},SASL://127.0.0.1:{sasl}\n\
             controller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,CUT:PLAINTEXT,\
             EXTERNAL:PLAINTEXT,SASL:SASL_PLAINTEXT\n\
             sasl.enabled.mechanisms=PLAIN\n\
             listener.name.sasl.plain.sasl.jaas.config=\
             org.apache.kafka.common.security.plain.PlainLoginModule required \
             user_vaste=\"right-secret\";\n\
             authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
             super.users=User:ANONYMOUS\n\
             inter.broker.listener.name=PLAIN\nlog.dirs={}/log\noffsets.topic.replication.factor=1\n\
             offsets.topic.num.partitions=1\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n",
            folder.path().display()
        );
        fs::write(folder.path().join("server.properties"), config).unwrap();
        let formatted = java(&libs, folder.path())
            .args(["kafka.tools.StorageTool", "format", "--standalone", "-t"])
            .args([id, "-c", "server.properties"])
            .output()
            .unwrap();
        assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stderr));
        let child = spawn(&libs, folder.path());
        let broker = Self { folder, libs, port, external, sasl, proxy, child };
        broker.wait_until_listening();
        Some(broker)
    }

    /// Its direct address.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its address behind the network that can be cut.
    pub(crate) fn address_cut(&self) -> String {
        format!("127.0.0.1:{}", self.proxy.port())
    }

    /// Its address that is advertised under another name.
    pub(crate) fn address_external(&self) -> String {
        format!("127.0.0.1:{}", self.external)
    }

    /// Its address with SASL.
    pub(crate) fn address_sasl(&self) -> String {
        format!("127.0.0.1:{}", self.sasl)
    }

    /// Allows the user of the address with SASL to read `topic` or `group`, or takes that right back.
    pub(crate) fn allow(&self, what: &str, name: &str, is_allowed: bool) {
        let source = root().join("tests/kafka/Acl.java");
        let verb = if is_allowed { "allow" } else { "remove" };
        let done = java(&self.libs, self.folder.path())
            .arg(source)
            .args([&self.address(), verb, what, name])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// The network that can be cut.
    pub(crate) fn network(&self) -> &Proxy {
        &self.proxy
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.child.kill();
    }

    /// Starts it again with the data on its disk.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.libs, self.folder.path());
        self.wait_until_listening();
    }

    fn wait_until_listening(&self) {
        wait_until_listening(self.port);
    }
}

/// Java with Kafka's jars, in a folder.
pub(crate) fn java(libs: &str, folder: &Path) -> Command {
    let mut java = Command::new("java");
    java.args(["-Xmx320m", "-XX:TieredStopAtLevel=1", "-cp", &format!("{libs}/*")]);
    java.current_dir(folder);
    java
}

fn spawn(libs: &str, folder: &Path) -> ChildProcess {
    let mut broker = java(libs, folder);
    broker.args(["kafka.Kafka", "server.properties"]);
    ChildProcess::start(broker.stdout(Stdio::null()).stderr(Stdio::null()))
}

/// Two brokers. The first is the controller, and has the topics of groups and transactions.
pub(crate) struct Cluster {
    _first: ChildProcess,
    pub(crate) second: ChildProcess,
    folders: [tempfile::TempDir; 2],
    libs: String,
    ports: [u16; 2],
}

impl Cluster {
    /// Starts one. `None` if the jars are missing.
    pub(crate) fn start() -> Option<Self> {
        let Ok(libs) = std::env::var("VASTE_TEST_KAFKA_LIBS") else {
            println!("left out: no jars of Kafka in VASTE_TEST_KAFKA_LIBS; tests/run finds them");
            return None;
        };
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [first, second, controller] = free_ports();
        let ports = [first, second];
        for (number, folder) in folders.iter().enumerate() {
            let port = ports[number];
            let (roles, more) = if number == 0 {
                ("broker,controller", format!(",CONTROLLER://127.0.0.1:{controller}"))
            } else {
                ("broker", String::new())
            };
            let config = format!(
                "process.roles={roles}\nnode.id={}\n\
                 controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
                 listeners=PLAINTEXT://127.0.0.1:{port}{more}\n\
                 advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
                 controller.listener.names=CONTROLLER\n\
                 listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n\
                 log.dirs={}/log\noffsets.topic.replication.factor=1\n\
                 offsets.topic.num.partitions=1\ngroup.initial.rebalance.delay.ms=0\n\
                 broker.session.timeout.ms=3000\nauto.create.topics.enable=false\n",
                number + 1,
                folder.path().display()
            );
            fs::write(folder.path().join("server.properties"), config).unwrap();
            let kind = if number == 0 { "--standalone" } else { "--no-initial-controllers" };
            let formatted = java(&libs, folder.path())
                .args(["kafka.tools.StorageTool", "format", kind, "-t"])
                .args(["MkU3OEVBNTcwNTJENDM2Qg", "-c", "server.properties"])
                .output()
                .unwrap();
            assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stderr));
        }
        let first = spawn(&libs, folders[0].path());
        wait_until_listening(ports[0]);
        // The topic of groups is created where only the first broker is.
        create_groups_topic(&format!("127.0.0.1:{}", ports[0]));
        let second = spawn(&libs, folders[1].path());
        let cluster = Self { _first: first, second, folders, libs, ports };
        cluster.wait_for_second();
        Some(cluster)
    }

    /// The address of the first broker.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports[0])
    }

    /// Starts the second broker again with the data on its disk.
    pub(crate) fn start_second_again(&mut self) {
        self.second = spawn(&self.libs, self.folders[1].path());
        self.wait_for_second();
    }

    /// Waits until the controller has the second broker among its brokers.
    fn wait_for_second(&self) {
        wait_until_listening(self.ports[1]);
        let admin = crate::harness::admin(&self.address());
        wait_for("the second broker to join", || {
            let metadata = admin.inner().fetch_metadata(None, Duration::from_secs(5)).ok()?;
            (metadata.brokers().len() == 2).then_some(())
        });
    }
}

fn wait_until_listening(port: u16) {
    wait_for("the broker to listen", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
}

/// Makes the broker create its topic of groups.
fn create_groups_topic(address: &str) {
    let mut config = rdkafka::ClientConfig::new();
    config.set("bootstrap.servers", address).set("group.id", "first");
    let consumer: BaseConsumer = config.create().unwrap();
    wait_for("the topic of groups", || {
        drop(consumer.committed_offsets(
            {
                let mut list = rdkafka::TopicPartitionList::new();
                list.add_partition("none", 0);
                list
            },
            Duration::from_secs(5),
        ));
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(5)).ok()?;
        metadata.topics().iter().any(|topic| topic.name() == "__consumer_offsets").then_some(())
    });
}
