//! The page about the stream: what producers must know, and how far each partition is read.
//!
//! It is for developers who publish events. Advice about a single record is in English, like the log.

use maud::{Markup, html};

use super::components::breadcrumbs;
use super::view_model::{Board, shown};
use crate::event::Reason;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::kafka::producer_notes::{
    NotesByName, ProducerNote, ProducerNotes, RecordPlace,
};
use crate::service::kafka::status::PartitionProgress;
use crate::time::Timestamp;

/// The page about the stream, from the view as it is now: its counts are never frozen.
pub(super) fn page(board: &Board<'_>, published: &PublishedView) -> Markup {
    let texts = board.texts;
    let notes = &published.producer_notes();
    let is_current = published.frozen.is_none();
    html! {
        (breadcrumbs(board, None, &texts.text("stream-title")))
        h1 { (texts.text("stream-title")) }
        p { (texts.text("stream-intro")) " " bdi class="mono" { (shown(&published.stream.topic)) } "." }
        @if is_current { p class="reason" { (texts.text("stream-current")) } }
        (partitions(board, published))
        (named(board, "stream-unknown-types", &notes.unknown_types))
        (named(board, "stream-undeclared-teams", &notes.undeclared_teams))
        (rejected(board, notes))
        (split_tickets(board, published.tickets_split, notes))
    }
}

/// The columns of the table of partitions.
const PARTITION_COLUMNS: [&str; 6] = [
    "stream-partition",
    "stream-position",
    "stream-end",
    "stream-lag",
    "stream-last-event",
    "stream-caught-up",
];

/// How far each partition is read.
fn partitions(board: &Board<'_>, published: &PublishedView) -> Markup {
    let texts = board.texts;
    let title = texts.text("stream-partitions");
    let stream = &published.stream;
    html! {
        section {
            h2 { (title) }
            p class="legend" { (texts.text("stream-partitions-explained")) }
            @if stream.partitions.is_empty() {
                p { (texts.text("stream-no-partitions")) }
            } @else {
                div class="scroll" tabindex="0" role="region" aria-label=(title) {
                    table class="partitions stacked" {
                        thead {
                            tr {
                                @for key in PARTITION_COLUMNS { th scope="col" { (texts.text(key)) } }
                            }
                        }
                        tbody {
                            @for (number, progress) in &stream.partitions {
                                (partition(board, *number, progress))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn partition(board: &Board<'_>, number: i32, progress: &PartitionProgress) -> Markup {
    let texts = board.texts;
    let none = || texts.text("none");
    let caught_up = if progress.is_caught_up { "stream-yes" } else { "stream-no" };
    let [own, others @ ..] = PARTITION_COLUMNS;
    let cells = [
        html! { (progress.position) },
        html! { (progress.known_end().map_or_else(none, |end| end.to_string())) },
        html! { (progress.lag().map_or_else(none, |lag| lag.to_string())) },
        html! { (when(board, progress.event_time_max)) },
        html! { (texts.text(caught_up)) },
    ];
    html! {
        tr {
            th scope="row" data-label=(texts.text(own)) { (number) }
            @for (key, cell) in others.into_iter().zip(cells) {
                td data-label=(texts.text(key)) { (cell) }
            }
        }
    }
}

/// Records of one kind by name, the most frequent first.
fn named(board: &Board<'_>, key: &'static str, notes: &NotesByName) -> Markup {
    let texts = board.texts;
    let mut names: Vec<_> = notes.by_name.iter().collect();
    names.sort_by_key(|(_, note)| std::cmp::Reverse(note.count));
    html! {
        section {
            h2 { (texts.text(key)) }
            p class="legend" { (texts.format("stream-explained", &[("list", key.into())])) }
            @if names.is_empty() {
                p { (texts.text("stream-nothing")) }
            } @else {
                ul class="notes" {
                    @for (name, note) in names {
                        (record(board, note, &name_shown(board, name), &advice(board, key, note)))
                    }
                }
                @if notes.of_other_names > 0 {
                    p {
                        (texts.format("stream-others", &[("count", notes.of_other_names.into())]))
                    }
                }
            }
        }
    }
}

/// A name of a record as text; the empty name is a type that a filter has made.
fn name_shown(board: &Board<'_>, name: &str) -> Markup {
    html! {
        @if name.is_empty() {
            (board.texts.text("stream-by-filter"))
        } @else {
            bdi class="mono" { (shown(name)) }
        }
    }
}

/// What to do about a name, in the language of the page.
fn advice(board: &Board<'_>, key: &'static str, note: &ProducerNote) -> Markup {
    let texts = board.texts;
    let mut similar = note.similar.iter();
    html! {
        @match similar.next() {
            Some(first) => {
                (texts.text("stream-did-you-mean")) " " bdi class="mono" { (shown(first)) }
                @for other in similar {
                    " " (texts.text("stream-or")) " " bdi class="mono" { (shown(other)) }
                }
                "?"
            }
            None => { (texts.format("stream-advice", &[("list", key.into())])) }
        }
    }
}

/// The latest rejected record of each reason.
fn rejected(board: &Board<'_>, notes: &ProducerNotes) -> Markup {
    let texts = board.texts;
    let key = "stream-rejected";
    let rejected = Reason::ALL.into_iter();
    let rejected: Vec<_> =
        rejected.filter_map(|reason| Some((reason, notes.rejected_for(reason)?))).collect();
    html! {
        section {
            h2 { (texts.text(key)) }
            p class="legend" { (texts.format("stream-explained", &[("list", key.into())])) }
            @if rejected.is_empty() {
                p { (texts.text("stream-nothing")) }
            } @else {
                ul class="notes" {
                    @for (reason, note) in rejected {
                        @let name = html! {
                            (texts.format("stream-reason-of", &[("reason", reason.label().into())]))
                            " (" bdi class="mono" { (reason.label()) } ")"
                        };
                        @let advice = html! { q lang="en" { (shown(&note.advice)) } };
                        (record(board, note, &name, &advice))
                    }
                }
            }
        }
    }
}

/// One name: its count, its latest record, and what to do.
fn record(board: &Board<'_>, note: &ProducerNote, name: &Markup, advice: &Markup) -> Markup {
    let texts = board.texts;
    let RecordPlace { published, partition, offset, key, source } = &note.latest;
    html! {
        li {
            p { strong { (name) } }
            p {
                (texts.format("stream-records", &[("count", note.count.into())])) " "
                (when(board, *published)) " · "
                (texts.format("stream-place", &[
                    ("partition", partition.to_string().into()),
                    ("offset", offset.to_string().into()),
                ]))
                @if !key.is_empty() {
                    " · " (texts.text("stream-key")) " " bdi class="mono" { (shown(key)) }
                }
                @if let Some(source) = source {
                    " · " (texts.text("stream-source")) " " bdi class="mono" { (shown(source)) }
                }
            }
            p { (advice) }
        }
    }
}

/// Tickets whose events came in more than one partition.
fn split_tickets(board: &Board<'_>, count: u64, notes: &ProducerNotes) -> Markup {
    let texts = board.texts;
    let key = "stream-split-tickets";
    let named = &notes.split_tickets.partitions;
    let others = count.saturating_sub(named.len() as u64);
    html! {
        section {
            h2 { (texts.text(key)) }
            p class="legend" { (texts.format("stream-explained", &[("list", key.into())])) }
            @if count == 0 {
                p { (texts.text("stream-nothing")) }
            } @else {
                p { (texts.format("stream-split-count", &[("count", count.into())])) }
                ul {
                    @for (ticket, partitions) in named {
                        li {
                            bdi class="mono" { (shown(ticket)) } ": "
                            (texts.text("stream-in-partitions")) " "
                            (partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
                        }
                    }
                }
                @if others > 0 {
                    p { (texts.format("stream-others-split", &[("count", others.into())])) }
                }
            }
        }
    }
}

fn when(board: &Board<'_>, at: Option<Timestamp>) -> Markup {
    html! {
        @match at {
            Some(at) => { time datetime=(at) { (board.instant(at)) } }
            None => { (board.texts.text("none")) }
        }
    }
}

#[cfg(test)]
mod tests;
