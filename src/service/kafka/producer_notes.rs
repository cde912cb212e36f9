//! What producers must know: records that do not count as their producer meant them, the latest of each name.
//!
//! # Design
//! A worker notes only records that are skipped as unknown, rejected, or of a team without an agreement, so
//! other records cost nothing. Each list has a maximum of names; records of further names are only counted.
//! The status holds the notes in an `Arc`, which is copied when there is news and shared otherwise.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, similar_team, undeclared_team_advice};
use crate::event::{Reason, Rejection, similar_types, unknown_type_advice};
use crate::time::Timestamp;

/// Maximum names in each list. Records of further names are counted together.
pub(in crate::service) const NAMES_MAX: usize = 100;

/// Maximum characters of a name, a key or a source.
const CHARS_MAX: usize = 128;

/// What producers must know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct ProducerNotes {
    /// Records with a `type` that Vaste does not know, by type; the empty name stands for the types that a
    /// filter has made.
    pub(in crate::service) unknown_types: NotesByName,
    /// Applied events of teams without an agreement, by team.
    pub(in crate::service) undeclared_teams: NotesByName,
    /// Rejected records, by the label of the reason.
    pub(in crate::service) rejected: NotesByName,
    /// Tickets whose events came in more than one partition.
    pub(in crate::service) split_tickets: SplitTicketNotes,
}

/// Records of one kind, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct NotesByName {
    /// At most [`NAMES_MAX`].
    pub(in crate::service) by_name: BTreeMap<String, ProducerNote>,
    /// Records of names that came after that.
    pub(in crate::service) of_other_names: u64,
}

/// The records of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) struct ProducerNote {
    /// The number of records since the start.
    pub(in crate::service) count: u64,
    /// The latest of them.
    pub(in crate::service) latest: RecordPlace,
    /// The names that it was probably meant to be; empty if there is none like it.
    pub(in crate::service) similar: Vec<String>,
    /// What to do about the latest record, in English.
    pub(in crate::service) advice: String,
}

/// A record that a producer can look up.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::service) struct RecordPlace {
    /// The timestamp of the record; `None` if it has none.
    pub(in crate::service) published: Option<Timestamp>,
    pub(in crate::service) partition: i32,
    pub(in crate::service) offset: i64,
    /// The key of the record, which should be its ticket.
    pub(in crate::service) key: String,
    /// The `source` of a CloudEvent in binary mode.
    pub(in crate::service) source: Option<String>,
}

/// Tickets whose events came in more than one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct SplitTicketNotes {
    /// At most [`NAMES_MAX`] ids, each with its partitions.
    pub(in crate::service) partitions: BTreeMap<String, BTreeSet<i32>>,
}

impl ProducerNotes {
    /// Notes a record with an unknown type; `None` if a filter has made the type.
    pub(in crate::service) fn unknown_type(&mut self, label: Option<&str>, latest: RecordPlace) {
        let label = label.map(cut).unwrap_or_default();
        self.unknown_types.add(&label, latest, || {
            let similar = similar_types(&label).into_iter().map(str::to_owned).collect();
            (similar, unknown_type_advice(&label))
        });
    }

    /// The notes about teams without an agreement in events that came in no records.
    pub(in crate::service) fn of_undeclared_teams(teams: &[String], catalog: &Catalog) -> Self {
        let mut notes = Self::default();
        for team in teams {
            notes.undeclared_team(team, RecordPlace::default(), catalog);
        }
        notes
    }

    /// Notes an applied event of a team without an agreement.
    pub(in crate::service) fn undeclared_team(
        &mut self,
        team: &str,
        latest: RecordPlace,
        catalog: &Catalog,
    ) {
        self.undeclared_teams.add(&cut(team), latest, || {
            let similar = similar_team(team, catalog).map(str::to_owned);
            (similar.into_iter().collect(), undeclared_team_advice(team, catalog))
        });
    }

    /// Notes a rejected record.
    pub(in crate::service) fn rejected(&mut self, rejection: &Rejection, latest: RecordPlace) {
        let Rejection { reason, advice } = rejection;
        let note = self.rejected.add(reason.label(), latest, || (Vec::new(), String::new()));
        if let Some(note) = note {
            note.advice.clone_from(advice);
        }
    }

    /// Notes that a ticket has events in a partition and in another one.
    pub(in crate::service) fn split_ticket(&mut self, ticket: &str, partition: i32) {
        let noted = &mut self.split_tickets.partitions;
        let ticket = cut(ticket);
        if noted.len() < NAMES_MAX || noted.contains_key(&ticket) {
            noted.entry(ticket).or_default().insert(partition);
        }
    }

    /// Drops the teams that have an agreement by another catalog.
    pub(super) fn adopt(&mut self, catalog: &Catalog) {
        let is_undeclared = |team: &String, _: &mut ProducerNote| {
            catalog.scope_of_team(team) == catalog.unclaimed()
        };
        self.undeclared_teams.by_name.retain(is_undeclared);
        if !catalog.has_objectives() {
            self.undeclared_teams = NotesByName::default();
        }
    }

    /// Adds the notes of another worker.
    pub(super) fn merge(&mut self, other: &Self) {
        self.unknown_types.merge(&other.unknown_types);
        self.undeclared_teams.merge(&other.undeclared_teams);
        self.rejected.merge(&other.rejected);
        for (ticket, partitions) in &other.split_tickets.partitions {
            partitions.iter().for_each(|partition| self.split_ticket(ticket, *partition));
        }
    }

    /// The same without ids of tickets: without keys of records, and without what rejections quote.
    pub(in crate::service) fn without_ids(&self) -> Self {
        let mut notes = self.clone();
        let Self { unknown_types, undeclared_teams, rejected, split_tickets } = &mut notes;
        for list in [unknown_types, undeclared_teams, &mut *rejected] {
            list.by_name.values_mut().for_each(|note| note.latest.key.clear());
        }
        for reason in Reason::ALL {
            if let Some(note) = rejected.by_name.get_mut(reason.label()) {
                reason.words().clone_into(&mut note.advice);
            }
        }
        split_tickets.partitions.clear();
        notes
    }

    /// The note about the records that were rejected for a reason.
    pub(in crate::service) fn rejected_for(&self, reason: Reason) -> Option<&ProducerNote> {
        self.rejected.by_name.get(reason.label())
    }
}

impl NotesByName {
    /// Notes a record. `explain` gives similar names and advice for a new name. Returns the note if the
    /// record is the latest of its name: partitions are read in turn, so an earlier record may come later.
    fn add(
        &mut self,
        name: &str,
        latest: RecordPlace,
        explain: impl FnOnce() -> (Vec<String>, String),
    ) -> Option<&mut ProducerNote> {
        if !self.by_name.contains_key(name) {
            if self.by_name.len() >= NAMES_MAX {
                self.of_other_names += 1;
                return None;
            }
            let (similar, advice) = explain();
            let latest = latest.clone();
            let note = ProducerNote { count: 0, latest, similar, advice };
            self.by_name.insert(name.to_owned(), note);
        }
        let note = self.by_name.get_mut(name)?;
        note.count += 1;
        let is_latest = note.latest <= latest;
        if is_latest {
            note.latest = latest;
        }
        is_latest.then_some(note)
    }

    fn merge(&mut self, other: &Self) {
        self.of_other_names += other.of_other_names;
        for (name, theirs) in &other.by_name {
            let has_room = self.by_name.len() < NAMES_MAX;
            match self.by_name.get_mut(name) {
                Some(ours) => {
                    ours.count += theirs.count;
                    if ours.latest < theirs.latest {
                        ours.latest.clone_from(&theirs.latest);
                        ours.advice.clone_from(&theirs.advice);
                    }
                }
                None if has_room => {
                    self.by_name.insert(name.clone(), theirs.clone());
                }
                None => self.of_other_names += theirs.count,
            }
        }
    }

    /// The number of records.
    pub(in crate::service) fn count(&self) -> u64 {
        self.of_other_names + self.by_name.values().map(|note| note.count).sum::<u64>()
    }
}

/// The start of a text.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(partition: i32, offset: i64) -> RecordPlace {
        let published = Some(Timestamp::from_ms(1_800_000_000_000 + offset));
        RecordPlace { published, partition, offset, key: "T-1".to_owned(), source: None }
    }

    #[test]
    fn the_latest_record_of_each_name_is_kept_with_its_count_and_advice() {
        let mut notes = ProducerNotes::default();
        notes.unknown_type(Some("ticket.creatd"), place(0, 7));
        notes.unknown_type(Some("ticket.creatd"), place(0, 9));
        notes.unknown_type(Some("invoice.paid"), place(0, 8));
        notes.unknown_type(None, place(0, 10));
        let creatd = &notes.unknown_types.by_name["ticket.creatd"];
        assert_eq!((creatd.count, creatd.latest.offset), (2, 9));
        assert_eq!(creatd.similar, ["ticket.created"]);
        let paid = &notes.unknown_types.by_name["invoice.paid"];
        assert!(paid.similar.is_empty() && paid.advice.contains("nothing to do"), "{paid:?}");
        assert_eq!(notes.unknown_types.by_name[""].count, 1);
        let rejection =
            |advice: &str| Rejection { reason: Reason::BadId, advice: advice.to_owned() };
        notes.rejected(&rejection("first"), place(0, 11));
        notes.rejected(&rejection("second"), place(0, 12));
        let rejected = notes.rejected_for(Reason::BadId).unwrap();
        assert_eq!((rejected.count, &*rejected.advice), (2, "second"));
        notes.rejected(&rejection("earlier, of another partition"), place(1, 10));
        let rejected = notes.rejected_for(Reason::BadId).unwrap();
        assert_eq!((rejected.count, rejected.latest.offset, &*rejected.advice), (3, 12, "second"));
        assert_eq!(notes.rejected_for(Reason::Malformed), None);
    }

    #[test]
    fn workers_add_up_and_names_beyond_the_maximum_are_counted() {
        let mut one = ProducerNotes::default();
        let mut other = ProducerNotes::default();
        one.unknown_type(Some("x.a"), place(0, 5));
        other.unknown_type(Some("x.a"), place(1, 6));
        one.split_ticket("T-7", 0);
        other.split_ticket("T-7", 1);
        one.merge(&other);
        let both = &one.unknown_types.by_name["x.a"];
        assert_eq!((both.count, both.latest.partition), (2, 1));
        assert_eq!(one.split_tickets.partitions["T-7"], BTreeSet::from([0, 1]));
        for number in 0..NAMES_MAX {
            one.unknown_type(Some(&format!("x.{number}")), place(0, 7));
            other.unknown_type(Some(&format!("y.{number}")), place(1, 8));
        }
        assert_eq!((one.unknown_types.by_name.len(), one.unknown_types.of_other_names), (100, 1));
        let all = one.unknown_types.count() + other.unknown_types.count();
        one.merge(&other);
        assert_eq!((one.unknown_types.by_name.len(), one.unknown_types.count()), (100, all));
        let long = "x".repeat(10_000);
        one = ProducerNotes::default();
        one.unknown_type(Some(&long), place(0, 9));
        assert_eq!(one.unknown_types.by_name.keys().next().map(String::len), Some(CHARS_MAX));
    }
}
