//! Why the stream cannot be read, or not as a whole.

use std::time::{Duration, Instant};

use rdkafka::error::RDKafkaErrorCode;

use crate::config::Kafka;
use crate::service::clock;

/// Why the stream cannot be read, or not as a whole. Its `Display` is the text for `/-/ready`, the board and
/// the log: the cause and what to do. The table in [`super`] says when each begins and ends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::service) enum Trouble {
    /// An address of `kafka.brokers` refuses the connection, or does not answer.
    #[error(
        "no broker can be reached at {broker}: {problem}: check that the broker runs, the network to it, and \
         kafka.brokers"
    )]
    Unreachable {
        /// The address.
        broker: String,
        /// The error of the client.
        problem: String,
    },
    /// A host name of `kafka.brokers` has no address.
    #[error(
        "the host name in {broker} cannot be resolved: correct kafka.brokers, or the name service of this \
         machine"
    )]
    Unresolved {
        /// The address.
        broker: String,
    },
    /// A broker of the cluster refuses the connection at its advertised address.
    #[error(
        "a broker of the cluster cannot be reached at its own address {broker}: {problem}: check that it \
         runs, and the network to it; if this address has never worked from here, correct the broker's \
         advertised.listeners, or name in kafka.brokers a listener that is meant for this machine"
    )]
    AdvertisedUnreachable {
        /// The address.
        broker: String,
        /// The error of the client.
        problem: String,
    },
    /// The advertised address of a broker has a host name that does not resolve.
    #[error(
        "kafka.brokers is right, but a broker there says that its own address is {broker}, and that name \
         cannot be resolved here: correct its advertised.listeners, or name in kafka.brokers a listener \
         that is meant for this machine"
    )]
    AdvertisedUnresolved {
        /// The address.
        broker: String,
    },
    /// A broker closes the connection before it has answered: it expects another protocol.
    #[error(
        "the broker at {broker} closes the connection: {problem}: its listener may want another \
         security.protocol in kafka.properties than {protocol}, such as SASL_PLAINTEXT, SASL_SSL or SSL"
    )]
    OtherProtocol {
        /// The address.
        broker: String,
        /// The error of the client.
        problem: String,
        /// The protocol that is configured.
        protocol: String,
    },
    /// Brokers are connected and do not answer.
    #[error(
        "Kafka does not answer within {seconds} seconds ({brokers}): check the brokers and the network to them"
    )]
    Silent {
        /// `kafka.brokers`.
        brokers: String,
        /// How long an answer was waited for.
        seconds: u64,
    },
    /// User or password are wrong.
    #[error(
        "Kafka refuses the user: {problem}: check the user and password in kafka.properties (sasl.username, \
         sasl.password)"
    )]
    Authentication {
        /// The error of the client.
        problem: String,
    },
    /// A certificate is not accepted.
    #[error(
        "no encrypted connection to Kafka: {problem}: check the certificates in kafka.properties \
         (ssl.ca.location, ssl.certificate.location)"
    )]
    Certificate {
        /// The error of the client.
        problem: String,
    },
    /// The topic does not exist.
    #[error("Kafka has no topic `{topic}`: create it, or correct kafka.topic")]
    TopicMissing {
        /// The topic.
        topic: String,
    },
    /// The user may not read.
    #[error("Kafka does not let this user read {what}: allow it to read the topic and the group")]
    NotAllowed {
        /// The topic or the group.
        what: String,
    },
    /// Another process has the same `group.instance.id`.
    #[error(
        "another process uses group.instance.id `{id}`, too, and this one reads nothing until the other has \
         gone: give each process its own in kafka.properties"
    )]
    Fenced {
        /// The id.
        id: String,
    },
    /// The client cannot go on.
    #[error("the Kafka client has failed: {problem}: a new one is started")]
    ClientFailed {
        /// The error of the client.
        problem: String,
    },
    /// Partitions cannot be read while others can.
    #[error(
        "{partitions} cannot be read: {broker} {problem}: check that broker and the network to it"
    )]
    PartitionsUnreadable {
        /// Such as `partitions 1, 3`.
        partitions: String,
        /// The broker that leads them.
        broker: String,
        /// What it does.
        problem: String,
    },
    /// A producer has begun a transaction and not ended it.
    #[error(
        "a producer's transaction in partition {partition} is open, and {behind} records wait behind it: they \
         are read once it is committed or aborted; find its producer, or abort it with \
         kafka-transactions.sh"
    )]
    OpenTransaction {
        /// The partition.
        partition: i32,
        /// Records between the last stable offset and the end.
        behind: i64,
    },
    /// Checkpoints cannot be read or belong to something else.
    #[error("{0}")]
    Store(String),
    /// The broker does not return the offsets of a partition that was assigned.
    #[error("Kafka does not return the first and last offset of partition {partition}: {problem}")]
    NoOffsets {
        /// The partition.
        partition: i32,
        /// The error of the client.
        problem: String,
    },
    /// A worker's thread has ended.
    #[error("a worker has failed: see the log, and restart Vaste")]
    WorkerFailed,
    /// Any other error of the client.
    #[error("Kafka cannot be read: {problem}: if this does not pass, check the broker")]
    Other {
        /// The error of the client.
        problem: String,
    },
}

impl Trouble {
    /// The trouble that an error of the client is. `reason` is the client's text.
    pub(super) fn of_client(kafka: &Kafka, code: RDKafkaErrorCode, reason: &str) -> Self {
        let Reported { broker, problem } = Reported::parse(reason);
        let problem = problem.to_owned();
        match (code, broker) {
            (RDKafkaErrorCode::Resolve, Some(broker)) => {
                let address = broker.address.to_owned();
                if broker.is_advertised {
                    Self::AdvertisedUnresolved { broker: address }
                } else {
                    Self::Unresolved { broker: address }
                }
            }
            (RDKafkaErrorCode::BrokerTransportFailure, Some(broker)) => {
                let address = broker.address.to_owned();
                if is_closed_by_broker(&problem) && !broker.is_advertised {
                    let protocol = security_protocol(kafka);
                    Self::OtherProtocol { broker: address, problem, protocol }
                } else if broker.is_advertised {
                    Self::AdvertisedUnreachable { broker: address, problem }
                } else {
                    Self::Unreachable { broker: address, problem }
                }
            }
            (RDKafkaErrorCode::AllBrokersDown, _) => {
                Self::Unreachable { broker: kafka.brokers.join(", "), problem }
            }
            (RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SaslAuthenticationFailed, _) => {
                Self::Authentication { problem }
            }
            (RDKafkaErrorCode::SSL, _) => {
                Self::Certificate { problem: without_source_lines(&problem) }
            }
            (RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic, _) => {
                Self::TopicMissing { topic: kafka.topic.clone() }
            }
            (RDKafkaErrorCode::TopicAuthorizationFailed, _) => {
                Self::NotAllowed { what: format!("the topic `{}`", kafka.topic) }
            }
            (RDKafkaErrorCode::GroupAuthorizationFailed, _) => {
                Self::NotAllowed { what: format!("as the group `{}`", kafka.group) }
            }
            _ => Self::Other { problem },
        }
    }

    /// The trouble in a line of the client's log; `None` if it has none. A broker that closes the connection
    /// is logged and reported as no error.
    pub(super) fn of_log(kafka: &Kafka, facility: &str, message: &str) -> Option<Self> {
        if facility != "FAIL" {
            return None;
        }
        let (_, reason) = message.split_once("]: ")?;
        let code = RDKafkaErrorCode::BrokerTransportFailure;
        reason.contains("Disconnected").then(|| Self::of_client(kafka, code, reason))
    }

    /// The advertised address of the one broker that it is about; `None` if it is about none or more.
    pub(in crate::service) fn advertised(&self) -> Option<&str> {
        if let Self::AdvertisedUnreachable { broker, .. } | Self::AdvertisedUnresolved { broker } =
            self
        {
            Some(broker)
        } else {
            None
        }
    }

    /// Whether the error is about the connection, so that an answer of the brokers refutes it.
    pub(in crate::service) fn is_connection(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Unresolved { .. }
            | Self::AdvertisedUnreachable { .. }
            | Self::AdvertisedUnresolved { .. }
            | Self::OtherProtocol { .. }
            | Self::Silent { .. }
            | Self::Authentication { .. }
            | Self::Certificate { .. }
            | Self::TopicMissing { .. }
            | Self::Other { .. } => true,
            Self::NotAllowed { .. }
            | Self::Fenced { .. }
            | Self::ClientFailed { .. }
            | Self::PartitionsUnreadable { .. }
            | Self::OpenTransaction { .. }
            | Self::Store(_)
            | Self::NoOffsets { .. }
            | Self::WorkerFailed => false,
        }
    }
}

/// How long an error of one broker stays the reason why all are down. The client reports the same error again
/// only after 30 seconds.
const SPECIFIC_VALID: Duration = Duration::from_secs(60);

/// The latest error of a client.
#[derive(Debug, Default)]
pub(super) struct LatestTrouble {
    latest: Option<Trouble>,
    /// The latest error that says more than that all brokers are down, and when it was reported.
    specific: Option<(Instant, Trouble)>,
}

impl LatestTrouble {
    /// Notes what the client reports.
    pub(super) fn report(&mut self, kafka: &Kafka, code: RDKafkaErrorCode, reason: &str) {
        let trouble = Trouble::of_client(kafka, code, reason);
        if code != RDKafkaErrorCode::AllBrokersDown {
            self.set(trouble);
        } else if self.latest.is_none() {
            let specific = self.specific.as_ref();
            let specific = specific.filter(|(at, _)| at.elapsed() < SPECIFIC_VALID);
            self.latest = Some(specific.map_or(trouble, |(_, specific)| specific.clone()));
        }
    }

    /// Notes an error that says more than that all brokers are down.
    pub(super) fn set(&mut self, trouble: Trouble) {
        self.specific = Some((clock::instant(), trouble.clone()));
        self.latest = Some(trouble);
    }

    /// Notes that it is over.
    pub(super) fn clear(&mut self) {
        self.latest = None;
    }

    /// The latest error; `None` if it is over.
    pub(super) fn latest(&self) -> Option<&Trouble> {
        self.latest.as_ref()
    }
}

/// Where reading ends while a producer's transaction is open, and where the partition does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) struct OpenTransaction {
    /// The last stable offset.
    pub(in crate::service) stable_end: i64,
    /// The high watermark.
    pub(in crate::service) end: i64,
}

/// The text without lines of OpenSSL's source, such as `ssl/statem/statem_clnt.c:2125:tls_post_process`.
fn without_source_lines(problem: &str) -> String {
    let words: Vec<&str> = problem.split(' ').filter(|word| !word.contains(".c:")).collect();
    words.join(" ")
}

/// The protocol in `kafka.properties`, as librdkafka names it.
fn security_protocol(kafka: &Kafka) -> String {
    let property = kafka.properties.iter().find(|(name, _)| name == "security.protocol");
    property.map_or("PLAINTEXT".to_owned(), |(_, value)| value.to_string().to_uppercase())
}

/// Whether the broker has accepted the connection and then closed it.
fn is_closed_by_broker(problem: &str) -> bool {
    if problem.starts_with("Connect to") {
        return false;
    }
    ["Disconnected", "Broken pipe", "Connection reset", "connecting to a SSL listener"]
        .iter()
        .any(|sign| problem.contains(sign))
}

/// An error text of the client, such as `sasl_ssl://kafka:9093/bootstrap: Connect failed (after 3ms in state
/// CONNECT)`.
#[derive(Debug, PartialEq, Eq)]
struct Reported<'r> {
    broker: Option<ReportedBroker<'r>>,
    /// The text without the broker and without the elapsed time, which would make every text different.
    problem: &'r str,
}

/// The broker that an error text names.
#[derive(Debug, PartialEq, Eq)]
struct ReportedBroker<'r> {
    /// `host:port`.
    address: &'r str,
    /// Whether the address is from the cluster and not from `kafka.brokers`.
    is_advertised: bool,
}

impl<'r> Reported<'r> {
    fn parse(reason: &'r str) -> Self {
        let text = reason.split(" (after ").next().unwrap_or(reason);
        // The address of the broker that coordinates the group comes after its role, and is from the cluster.
        let coordinator = text.strip_prefix("GroupCoordinator: ");
        let text = coordinator.unwrap_or(text);
        let Some((head, problem)) = text.split_once(": ") else {
            return Self { broker: None, problem: text };
        };
        let address = head.split_once("://").map_or(head, |(_, address)| address);
        let broker = match address.rsplit_once('/') {
            Some((address, "bootstrap")) => Some(ReportedBroker { address, is_advertised: false }),
            Some((address, id)) if id.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(ReportedBroker { address, is_advertised: true })
            }
            Some(_) | None => coordinator.map(|_| ReportedBroker { address, is_advertised: true }),
        };
        if broker.is_some() {
            Self { broker, problem }
        } else {
            Self { broker: None, problem: text }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_about_a_certificate_names_no_line_of_openssl() {
        let reported = "SSL handshake failed: ssl/statem/statem_clnt.c:2125:tls_post_process \
                        error:0A000086:SSL routines::certificate verify failed";
        assert_eq!(
            without_source_lines(reported),
            "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed"
        );
    }

    #[test]
    fn the_broker_in_an_error_of_the_client_is_from_the_configuration_or_from_the_cluster() {
        let parsed = |reason: &'static str| {
            let Reported { broker, problem } = Reported::parse(reason);
            (broker.map(|broker| (broker.address, broker.is_advertised)), problem)
        };
        assert_eq!(
            parsed(
                "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)"
            ),
            (
                Some(("127.0.0.1:1", false)),
                "Connect to ipv4#127.0.0.1:1 failed: Connection refused"
            )
        );
        assert_eq!(
            parsed(
                "sasl_ssl://inside:9093/2: Failed to resolve 'inside:9093': Name or service not known"
            ),
            (
                Some(("inside:9093", true)),
                "Failed to resolve 'inside:9093': Name or service not known"
            )
        );
        assert_eq!(parsed("1/1 brokers are down"), (None, "1/1 brokers are down"));
        assert_eq!(
            parsed("GroupCoordinator: 10.0.0.1:9092: Connection refused"),
            (Some(("10.0.0.1:9092", true)), "Connection refused")
        );
    }
}
