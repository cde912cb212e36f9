//! A broker of a single test, which can be stopped, killed and cut off. `tests/run` names the jars
//! of Kafka in `VASTE_TEST_KAFKA_LIBS`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{ChildProcess, free_port, wait_for};
use crate::proxy::Proxy;

/// One broker in KRaft mode on loopback. It has one direct address, and one behind a network that
/// can be cut.
pub(crate) struct Broker {
    folder: tempfile::TempDir,
    libs: String,
    port: u16,
    proxy: Proxy,
    child: ChildProcess,
}

impl Broker {
    /// Starts one. `None` if the jars are missing.
    pub(crate) fn start() -> Option<Self> {
        let Ok(libs) = std::env::var("VASTE_TEST_KAFKA_LIBS") else {
            println!("left out: no jars of Kafka in VASTE_TEST_KAFKA_LIBS; tests/run finds them");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let [port, behind, controller] = [free_port(), free_port(), free_port()];
        let proxy = Proxy::before(behind);
        let cut = proxy.port();
        let config = format!(
            "process.roles=broker,controller\nnode.id=1\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
             listeners=PLAIN://127.0.0.1:{port},CUT://127.0.0.1:{behind},\
             CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAIN://127.0.0.1:{port},CUT://127.0.0.1:{cut}\n\
             controller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,CUT:PLAINTEXT\n\
             inter.broker.listener.name=PLAIN\nlog.dirs={}/log\noffsets.topic.replication.factor=1\n\
             offsets.topic.num.partitions=1\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n",
            folder.path().display()
        );
        fs::write(folder.path().join("server.properties"), config).unwrap();
        let formatted = java(&libs, folder.path())
            .args(["kafka.tools.StorageTool", "format", "--standalone", "-t"])
            .args(["MkU3OEVBNTcwNTJENDM2Qg", "-c", "server.properties"])
            .output()
            .unwrap();
        assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stderr));
        let child = spawn(&libs, folder.path());
        let broker = Self { folder, libs, port, proxy, child };
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
        let address = self.address();
        wait_for("the broker to listen", || std::net::TcpStream::connect(&address).ok());
    }
}

fn java(libs: &str, folder: &Path) -> Command {
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
