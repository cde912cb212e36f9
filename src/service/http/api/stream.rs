//! The stream: what producers must know, and how far each partition is read.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::response::{frozen, respond};
use crate::address;
use crate::event::{Kind, OptionalField, Reason, Skip};
use crate::reading::schema::labels;
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::kafka::producer_notes::{
    NotesByName, ProducerNote, ProducerNotes, RecordPlace,
};
use crate::service::kafka::status::PartitionProgress;
use crate::time::Timestamp;

/// The stream: what producers must know, how far each partition is read, and what freezes verdicts.
#[utoipa::path(
    get,
    path = address::API_STREAM,
    operation_id = "stream",
    responses((status = 200, description = "The stream, as this instance reads it.", body = Stream<'_>))
)]
pub(super) async fn serve(State(shared): State<Shared>) -> Response {
    let published = shared.published.load();
    respond(Ok(stream(&published, &published.producer_notes())))
}

/// The stream as this instance reads it. Counts are since the start of the process.
#[derive(Serialize, ToSchema)]
struct Stream<'a> {
    /// The instant that all events are read up to; null before the first.
    #[schema(required)]
    at: Option<Timestamp>,
    /// Why verdicts are frozen, in words; null while the data can be trusted.
    #[schema(required)]
    frozen: Option<String>,
    /// The topic.
    topic: &'a str,
    /// The number of partitions of the topic; null while it is not known.
    #[schema(required)]
    partitions_of_topic: Option<u64>,
    /// The partitions that this instance reads, by number.
    partitions: Vec<PartitionShown>,
    /// Events that were applied, by type.
    #[schema(value_type = BTreeMap<String, u64>)]
    applied: BTreeMap<&'static str, u64>,
    /// Records whose event was there already.
    duplicate: u64,
    /// Valid records that were left out, by reason.
    #[schema(value_type = BTreeMap<String, u64>)]
    skipped: BTreeMap<&'static str, u64>,
    /// Records that were refused, by reason.
    #[schema(value_type = BTreeMap<String, u64>)]
    rejected: BTreeMap<&'static str, u64>,
    /// Values that cannot be read and were left out of events that count, by field.
    #[schema(value_type = BTreeMap<String, u64>)]
    fields_ignored: BTreeMap<&'static str, u64>,
    /// Records whose key is not the id of their ticket.
    key_mismatches: u64,
    /// Records with a `type` that Vaste does not know, by type. The empty name stands for types that the
    /// filter of
    /// `kafka.map` has made.
    unknown_types: Notes<'a>,
    /// Applied events of teams without an agreement, by team. Their tickets are unclaimed.
    undeclared_teams: Notes<'a>,
    /// The latest rejected record of each reason that occurred.
    rejected_records: Vec<RejectedShown<'a>>,
    /// Tickets whose events came in more than one partition. They are left out of all counts.
    split_tickets: SplitTicketsShown<'a>,
}

/// One partition.
#[derive(Serialize, ToSchema)]
struct PartitionShown {
    /// Its number.
    partition: i32,
    /// The next offset to read.
    position: i64,
    /// The end offset, as last reported by the brokers; null while it is not known.
    #[schema(required)]
    end: Option<i64>,
    /// Records between the two; null while the end is not known.
    #[schema(required)]
    lag: Option<u64>,
    /// Whether its end has been reached since it was assigned. Verdicts are frozen until it is.
    caught_up: bool,
    /// The latest time of an applied event; null if there is none.
    #[schema(required)]
    last_event: Option<Timestamp>,
    /// When the last event was applied; null if none was since the start.
    #[schema(required)]
    last_applied: Option<Timestamp>,
    /// Since when its history is complete; null if it is complete from the start of the topic.
    #[schema(required)]
    history_from: Option<Timestamp>,
    /// Tickets held in memory.
    tickets: u64,
    /// Whether it has the maximum of open tickets and refuses new ones.
    is_full: bool,
}

/// Records of one kind, by name.
#[derive(Serialize, ToSchema)]
struct Notes<'a> {
    /// The number of all such records.
    count: u64,
    /// The first 100 names, each with its latest record.
    names: Vec<NoteShown<'a>>,
    /// Records of names that came after the first 100.
    of_other_names: u64,
}

/// The records of one name.
#[derive(Serialize, ToSchema)]
struct NoteShown<'a> {
    /// The name, cut to 128 characters.
    name: &'a str,
    /// The number of records.
    count: u64,
    /// The names that it was probably meant to be; empty if there is none like it.
    did_you_mean: &'a [String],
    /// What to do, in English.
    advice: &'a str,
    /// The latest record.
    latest: RecordShown<'a>,
}

/// The latest record that was rejected for a reason.
#[derive(Serialize, ToSchema)]
struct RejectedShown<'a> {
    /// The reason.
    #[schema(schema_with = reasons)]
    reason: &'static str,
    /// The number of records.
    count: u64,
    /// What is wrong with the latest record and what to do, in English.
    advice: &'a str,
    /// The latest record.
    latest: RecordShown<'a>,
}

/// Where to look up a record.
#[derive(Serialize, ToSchema)]
struct RecordShown<'a> {
    /// The number of its partition.
    partition: i32,
    /// Its offset.
    offset: i64,
    /// Its timestamp; null if it has none.
    #[schema(required)]
    published: Option<Timestamp>,
    /// Its key, cut to 128 characters; empty if it has none, and where `http.ticket_ids` is false.
    key: &'a str,
    /// The `source` of the CloudEvent; null if it is none in binary mode.
    #[schema(required)]
    source: Option<&'a str>,
}

/// Tickets whose events came in more than one partition.
#[derive(Serialize, ToSchema)]
struct SplitTicketsShown<'a> {
    /// The number of such tickets.
    count: u64,
    /// The first 100 of them; none where `http.ticket_ids` is false.
    tickets: Vec<SplitTicketShown<'a>>,
}

/// A ticket whose events came in more than one partition.
#[derive(Serialize, ToSchema)]
struct SplitTicketShown<'a> {
    /// Its id.
    ticket: &'a str,
    /// The numbers of its partitions.
    partitions: &'a BTreeSet<i32>,
}

/// The stream as this instance reads it.
fn stream<'a>(published: &'a PublishedView, notes: &'a ProducerNotes) -> Stream<'a> {
    let stream = &published.stream;
    let outcomes = &stream.outcomes;
    let partitions = stream.partitions.iter();
    let applied = |kind: Kind| stream.applied.get(&kind).copied().unwrap_or(0);
    let split = notes.split_tickets.partitions.iter();
    Stream {
        at: published.at,
        frozen: frozen(published),
        topic: &stream.topic,
        partitions_of_topic: published.topic.partitions.map(|count| count as u64),
        partitions: partitions.map(|(number, of)| PartitionShown::new(*number, of)).collect(),
        applied: Kind::ALL.map(|kind| (kind.label(), applied(kind))).into(),
        duplicate: outcomes.duplicate,
        skipped: Skip::ALL.map(|skip| (skip.label(), outcomes.skipped(skip))).into(),
        rejected: Reason::ALL.map(|reason| (reason.label(), outcomes.rejected(reason))).into(),
        fields_ignored: OptionalField::ALL
            .map(|field| (field.label(), outcomes.ignored(field)))
            .into(),
        key_mismatches: stream.key_mismatches,
        unknown_types: Notes::new(&notes.unknown_types),
        undeclared_teams: Notes::new(&notes.undeclared_teams),
        rejected_records: Reason::ALL
            .into_iter()
            .filter_map(|reason| Some(RejectedShown::new(reason, notes.rejected_for(reason)?)))
            .collect(),
        split_tickets: SplitTicketsShown {
            count: published.tickets_split,
            tickets: split
                .map(|(ticket, partitions)| SplitTicketShown { ticket, partitions })
                .collect(),
        },
    }
}

impl PartitionShown {
    fn new(partition: i32, progress: &PartitionProgress) -> Self {
        Self {
            partition,
            position: progress.position,
            end: progress.known_end(),
            lag: progress.lag(),
            caught_up: progress.is_caught_up,
            last_event: progress.event_time_max,
            last_applied: progress.applied_at,
            history_from: progress.history_from,
            tickets: progress.timelines,
            is_full: progress.is_full,
        }
    }
}

impl<'a> Notes<'a> {
    fn new(notes: &'a NotesByName) -> Self {
        let names = notes.by_name.iter();
        Self {
            count: notes.count(),
            names: names
                .map(|(name, note)| NoteShown {
                    name,
                    count: note.count,
                    did_you_mean: &note.similar,
                    advice: &note.advice,
                    latest: RecordShown::new(&note.latest),
                })
                .collect(),
            of_other_names: notes.of_other_names,
        }
    }
}

impl<'a> RejectedShown<'a> {
    fn new(reason: Reason, note: &'a ProducerNote) -> Self {
        Self {
            reason: reason.label(),
            count: note.count,
            advice: &note.advice,
            latest: RecordShown::new(&note.latest),
        }
    }
}

impl<'a> RecordShown<'a> {
    fn new(place: &'a RecordPlace) -> Self {
        Self {
            partition: place.partition,
            offset: place.offset,
            published: place.published,
            key: &place.key,
            source: place.source.as_deref(),
        }
    }
}

fn reasons() -> utoipa::openapi::Object {
    labels(&Reason::ALL.map(Reason::label), "Why records were rejected.")
}
