//! One ticket by its id, for `explain`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use xxhash_rust::xxh3::xxh3_64;

use super::Shard;
use super::keys::{CHUNK, key_at, key_of};
use crate::event::Subject;
use crate::ticket::{Step, Timeline};
use crate::time::Timestamp;

impl Shard {
    /// A ticket's events up to `now`, each with what it changed. `None` if no ticket has that id.
    pub fn trace(&mut self, ticket: &str, now: Timestamp) -> Option<Vec<Step>> {
        let number = self.number_of(ticket)?;
        self.steps_of(number, now)
    }

    /// Whether a ticket is not counted because another partition has events of it.
    pub(crate) fn is_aside(&self, ticket: &str) -> bool {
        let timeline = self.number_of(ticket).and_then(|number| {
            self.timelines.get(number as usize / CHUNK)?.get(number as usize % CHUNK)
        });
        timeline.is_some_and(|timeline| timeline.split)
    }

    /// The number of a ticket's timeline; `None` if no ticket has that id.
    fn number_of(&self, ticket: &str) -> Option<u32> {
        let subject = Subject::Ticket(Cow::Borrowed(ticket));
        let mut buffer = [0_u8; 256];
        let key = key_of(&subject, &mut buffer);
        let known = |&number: &u32| key_at(&self.timelines, number) == key;
        self.register.find(xxh3_64(key), known).copied()
    }

    /// Suggestions for an unknown ticket id: up to `most` ids that differ by at most two edits, the closest
    /// first. Only the latest `considered` tickets are compared.
    pub fn similar_tickets(&self, ticket: &str, most: usize, considered: usize) -> Vec<String> {
        let keys = self.timelines.iter().flatten().rev().take(considered).map(Timeline::key);
        let ids = keys.filter(|key| key.len().abs_diff(ticket.len()) <= 2);
        let mut near: Vec<(usize, &str)> = ids
            .filter_map(|key| std::str::from_utf8(key).ok())
            .filter(|id| !id.starts_with(' '))
            .map(|id| (strsim::damerau_levenshtein(id, ticket), id))
            .filter(|(distance, _)| *distance <= 2)
            .collect();
        near.sort_unstable();
        near.into_iter().take(most).map(|(_, id)| id.to_owned()).collect()
    }

    /// The first `most` ids that begin with this, or end with this number, in their order; capital and small
    /// letters are the same. Only the latest `considered` tickets are looked at.
    pub fn tickets_matching(&self, searched: &str, most: usize, considered: usize) -> Vec<String> {
        let keys = self.timelines.iter().flatten().rev().take(considered).map(Timeline::key);
        let is_number = searched.bytes().all(|byte| byte.is_ascii_digit());
        let begins = |key: &[u8]| {
            key.get(..searched.len())
                .is_some_and(|first| first.eq_ignore_ascii_case(searched.as_bytes()))
        };
        // 10 is not the number of T-110.
        let has_number = |key: &[u8]| {
            let before = key.strip_suffix(searched.as_bytes()).and_then(<[u8]>::last);
            is_number && before.is_some_and(|byte| !byte.is_ascii_digit())
        };
        let mut first: BTreeSet<&[u8]> = BTreeSet::new();
        for key in keys.filter(|key| begins(key) || has_number(key)) {
            first.insert(key);
            if first.len() > most {
                first.pop_last();
            }
        }
        let ids = first.into_iter().filter_map(|key| std::str::from_utf8(key).ok());
        ids.filter(|id| !id.starts_with(' ')).map(str::to_owned).collect()
    }
}
