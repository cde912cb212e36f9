//! `vaste check-events`: what becomes of each record of a file, or of the topic.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use super::arguments::{CheckEventsArgs, KafkaOverrides};
use super::configuration::{self, read_service};
use super::disk;
use super::exit::{CommandError, Exit};
use super::feed::feed;
use super::terminal::Terminal;
use crate::catalog::{Catalog, undeclared_team_advice};
use crate::config::Kafka;
use crate::event::{self, Event, Kind, Outcome, Outcomes, Skip, unknown_type_advice};
use crate::input::InputSource;
use crate::partition::{AHEAD_MAX, Partition, ProcessedRecord, Record, Taken};
use crate::replay::Replay;
use crate::service::{client_config, cloud_event_attributes, published};

/// How long the broker may take to name the partitions of the topic.
const METADATA_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum merged tickets that are named.
const MERGED_SHOWN_MAX: usize = 20;

/// How long to wait for one record before looking whether to end.
const POLL_TIMEOUT: Duration = Duration::from_millis(200);

/// Why the topic cannot be read.
#[derive(Debug, thiserror::Error)]
enum LiveError {
    /// The client refuses its configuration, or the broker does not answer.
    #[error("the topic {topic} cannot be read: {error}; `vaste run` says why at /-/ready")]
    Kafka { topic: String, error: KafkaError },
    /// The topic does not exist.
    #[error("Kafka has no topic `{0}`: create it, or correct kafka.topic")]
    NoTopic(String),
}

/// Prints the outcome of every record, then the counts.
pub(super) fn run(
    arguments: &CheckEventsArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let outcomes = match (&arguments.file, &arguments.config) {
        (Some(file), config) => {
            let catalog = match config {
                Some(file) => {
                    Some(configuration::read(std::slice::from_ref(file), terminal)?.catalog())
                }
                None => None,
            };
            check_file(file, arguments, catalog, terminal)?
        }
        (None, Some(_)) => check_topic(arguments, terminal)?,
        // The arguments demand one of them.
        (None, None) => Outcomes::default(),
    };
    writeln!(terminal.out, "{outcomes}")?;
    Ok(if outcomes.rejected_total() > 0 { Exit::Failed } else { Exit::Success })
}

fn check_file(
    file: &str,
    arguments: &CheckEventsArgs,
    catalog: Option<Catalog>,
    terminal: &mut Terminal<'_>,
) -> Result<Outcomes, CommandError> {
    let source = InputSource::from_argument(file);
    let latest = arguments.at.unwrap_or_else(disk::now).plus(AHEAD_MAX);
    let mut replay = Replay::new(None);
    let mut printed = Ok(());
    let fed = feed(&[source], &arguments.format, |source, number, bytes, mut decoded| {
        let mut shown = String::new();
        let mut remarks = String::new();
        if let Ok(event) = &mut decoded {
            shown = event.to_string();
            remarks = remarks_on(event, catalog.as_ref());
            if event.time > latest {
                remarks += "; it is in the future: the service refuses an event that is more than 5 minutes \
                            after the time at which the broker stored its record; correct `time`";
            }
        }
        let outcome = replay.take(decoded);
        let is_quiet = outcome == Outcome::Applied && remarks.is_empty() && arguments.problems_only;
        if printed.is_ok() && !is_quiet {
            let name = source.name();
            let described = describe(&outcome, &shown, &[], bytes) + &remarks;
            printed = writeln!(terminal.out, "{name}:{number}: {described}");
        }
    });
    printed?;
    fed.map_err(CommandError::failed)?.print(terminal)?;
    let outcomes = replay.outcomes().clone();
    name_merged(replay, terminal)?;
    Ok(outcomes)
}

/// Names the tickets that were merged while their customers waited, and that no ticket took over.
fn name_merged(replay: Replay, terminal: &mut Terminal<'_>) -> Result<(), CommandError> {
    let Some(last) = replay.last_event() else { return Ok(()) };
    let mut readings = replay.into_readings();
    let (view, _) = readings.at(last);
    let mut merged: Vec<_> = view.merged_waiting().collect();
    merged.sort_by_key(|(ticket, wait)| (wait.at, *ticket));
    for (ticket, wait) in merged.iter().take(MERGED_SHOWN_MAX) {
        let (at, since) = (wait.at, wait.since);
        let merged =
            format!("{ticket} was merged at {at} while its customer had waited since {since}");
        match view.takeover_of(ticket) {
            Some(taken) => writeln!(
                terminal.out,
                "{merged}, and the ticket that took it over at {} has another wait, since {}: correct its \
                 `waiting_since`",
                taken.at, taken.waiting_since
            )?,
            None => writeln!(
                terminal.out,
                "{merged}, and no open ticket took the wait over: publish ticket.took_over on the ticket that it \
                 was merged into, with \"from\":\"{ticket}\" and \"waiting_since\":\"{since}\""
            )?,
        }
    }
    if let more @ 1.. = merged.len().saturating_sub(MERGED_SHOWN_MAX) {
        writeln!(terminal.out, "… and {more} more merged tickets whose waits no ticket took over")?;
    }
    Ok(())
}

/// Reads the topic from its present end on.
fn check_topic(
    arguments: &CheckEventsArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Outcomes, CommandError> {
    let Some(file) = &arguments.config else { return Ok(Outcomes::default()) };
    let none = KafkaOverrides { brokers: Vec::new(), topic: None };
    let read = read_service(file, &none, terminal)?;
    let kafka = read.service.kafka;
    let mapping = arguments.format.map.clone().or_else(|| kafka.mapping.clone());
    let catalog = Arc::new(read.config.catalog());
    let consumer = at_the_end(&kafka)?;
    let topic: Arc<str> = kafka.topic.as_str().into();
    writeln!(terminal.diagnostics, "reading {topic} from now on; end with Ctrl-C")?;
    let mut partitions = std::collections::BTreeMap::new();
    let mut outcomes = Outcomes::default();
    while arguments.records.is_none_or(|most| outcomes.total() < most) {
        let message = match consumer.poll(POLL_TIMEOUT) {
            Some(Ok(message)) => message,
            Some(Err(KafkaError::PartitionEOF(_))) | None => continue,
            Some(Err(error)) => {
                writeln!(terminal.diagnostics, "{error}; retrying")?;
                continue;
            }
        };
        let (number, offset) = (message.partition(), message.offset());
        let partition = partitions
            .entry(number)
            .or_insert_with(|| Partition::new(Arc::clone(&catalog), &topic, number, 1));
        let payload = message.payload().unwrap_or_default();
        let attributes = cloud_event_attributes(&message);
        let record = Record {
            offset,
            key: message.key(),
            attributes: &attributes,
            payload: message.payload(),
            mapping: mapping.as_deref(),
            published: published(message.timestamp()),
        };
        let Taken::Processed(processed) = partition.take(&record, &mut ()) else { continue };
        let ProcessedRecord { outcome, is_misplaced, ahead, ignored, .. } = processed;
        outcomes.count(&outcome);
        outcomes.count_ignored(&ignored);
        let (mut shown, mut remarks) = (Vec::new(), String::new());
        let mut note = |decoded: Result<Event<'_>, Outcome>| {
            if let Ok(mut event) = decoded {
                remarks += &remarks_on(&mut event, Some(&catalog));
                shown.push(event.to_string());
            }
        };
        match &mapping {
            Some(mapping) => mapping.decode(payload, |_, decoded| note(decoded)),
            None => note(event::decode_with(&attributes, payload)),
        }
        if is_misplaced {
            remarks += "; its key is not its ticket: key every event of a ticket by its id";
        }
        if ahead.is_some() {
            remarks += "; it is more than 5 minutes after the record's timestamp, which its producer has set";
        }
        let is_quiet = outcome == Outcome::Applied && remarks.is_empty() && arguments.problems_only;
        if !is_quiet {
            let described = describe(&outcome, &shown.join(", "), &attributes, payload) + &remarks;
            writeln!(terminal.out, "{topic}[{number}]@{offset}: {described}")?;
            terminal.out.flush()?;
        }
    }
    Ok(outcomes)
}

/// A consumer at the end of every partition. It joins no group and commits nothing.
fn at_the_end(kafka: &Kafka) -> Result<BaseConsumer, CommandError> {
    let failed = |error| LiveError::Kafka { topic: kafka.topic.clone(), error };
    let mut config = client_config(kafka, 0);
    config.remove("debug").remove("statistics.interval.ms").remove("group.instance.id");
    let consumer: BaseConsumer = config.create().map_err(failed).map_err(CommandError::failed)?;
    let metadata = consumer
        .fetch_metadata(Some(&kafka.topic), METADATA_TIMEOUT)
        .map_err(failed)
        .map_err(CommandError::failed)?;
    let topic = metadata.topics().first().filter(|topic| topic.error().is_none());
    let Some(topic) = topic else {
        return Err(CommandError::failed(LiveError::NoTopic(kafka.topic.clone())));
    };
    let mut list = TopicPartitionList::new();
    for partition in topic.partitions() {
        // Asked for now, and not when the first fetch is sent: records of the meantime are read.
        let (_, end) = consumer
            .fetch_watermarks(&kafka.topic, partition.id(), METADATA_TIMEOUT)
            .map_err(failed)
            .map_err(CommandError::failed)?;
        list.add_partition_offset(&kafka.topic, partition.id(), Offset::Offset(end))
            .map_err(failed)
            .map_err(CommandError::failed)?;
    }
    consumer.assign(&list).map_err(failed).map_err(CommandError::failed)?;
    Ok(consumer)
}

/// What the service would say of an event that it applies: which fields are left out, and which names no
/// agreement has.
fn remarks_on(event: &mut Event<'_>, catalog: Option<&Catalog>) -> String {
    if let Some(catalog) = catalog {
        event.read_priority(catalog.priority_names());
    }
    let ignored = event.ignored.iter();
    let mut remarks: Vec<String> =
        ignored.map(|one| format!("; left out: {}", one.advice)).collect();
    if let (Some(team), Some(catalog)) = (event.team.as_deref(), catalog)
        && catalog.scope_of_team(team) == catalog.unclaimed()
        && catalog.has_objectives()
    {
        let effect = undeclared_team_effect(event.kind, team);
        let advice = undeclared_team_advice(team, catalog);
        remarks.push(format!("; {effect}: {advice}"));
    }
    if let (Some(channel), Some(catalog)) = (event.channel.as_deref(), catalog)
        && let Some(meant) = catalog.similar_channel(channel)
    {
        let advice = format!("no agreement names the channel {channel:?}: did you mean {meant:?}?");
        remarks.push(format!("; {advice}"));
    }
    remarks.concat()
}

/// What an event of a team without an agreement counts for. Only a creation and an assignment give it the
/// ticket.
fn undeclared_team_effect(kind: Kind, team: &str) -> String {
    match kind {
        Kind::ConcernRaised
        | Kind::ConcernSettled
        | Kind::Decided
        | Kind::DecisionMoved
        | Kind::DecisionDone
        | Kind::DecisionDropped
        | Kind::TurnNoted
        | Kind::TicketBrought
        | Kind::TicketDiscussed => {
            format!("the team {team:?} has no agreement, so no page shows it")
        }
        Kind::Created | Kind::Assigned => {
            format!("the team {team:?} has no agreement, so its tickets are unclaimed")
        }
        Kind::AgentReplied => format!(
            "the answer is in the name of the team {team:?}, which has no agreement, and counts for the team \
             that holds the ticket, if any"
        ),
        Kind::Reopened
        | Kind::Resumed
        | Kind::CustomerReplied
        | Kind::TookOver
        | Kind::BotReplied
        | Kind::NoteAdded
        | Kind::NoReplyNeeded
        | Kind::Pending
        | Kind::OnHold
        | Kind::Solved
        | Kind::Closed
        | Kind::Merged
        | Kind::Deleted
        | Kind::MarkedSpam
        | Kind::Rated
        | Kind::Reviewed => format!(
            "the team {team:?} has no agreement, and the event counts for the team that holds the ticket, if \
             any"
        ),
    }
}

fn describe(outcome: &Outcome, event: &str, attributes: &[(&str, &str)], record: &[u8]) -> String {
    match outcome {
        Outcome::Applied => format!("applied: {event}"),
        Outcome::Duplicate => format!("duplicate: {event} is there already"),
        Outcome::Skipped(skip @ Skip::UnknownType) => {
            let label = event::type_of(attributes, record).unwrap_or_default();
            format!("skipped ({}): {}", skip.label(), unknown_type_advice(&label))
        }
        Outcome::Skipped(skip) => {
            format!("skipped ({}): {}", skip.label(), skip.advice())
        }
        Outcome::Rejected(rejection) => {
            format!("rejected ({}): {rejection}", rejection.reason.label())
        }
    }
}
