//! Timelines by number, and the keys that they are found by.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::event::Subject;
use crate::ticket::Timeline;

/// Timelines in one chunk. Chunks keep growth from copying all timelines.
pub(super) const CHUNK: usize = 4_096;

/// The timeline of that number.
pub(super) fn timeline_at(timelines: &mut [Vec<Timeline>], number: u32) -> Option<&mut Timeline> {
    let number = number as usize;
    timelines.get_mut(number / CHUNK)?.get_mut(number % CHUNK)
}

/// The key of the timeline of that number; empty if there is none.
pub(super) fn key_at(timelines: &[Vec<Timeline>], number: u32) -> &[u8] {
    let number = number as usize;
    timelines
        .get(number / CHUNK)
        .and_then(|chunk| chunk.get(number % CHUNK))
        .map_or(&[], Timeline::key)
}

/// The number of the timeline whose key has that hash; `None` if there is none.
pub(super) fn number_of(
    register: &HashTable<u32>,
    timelines: &[Vec<Timeline>],
    hash: u64,
) -> Option<u32> {
    let is_it = |&number: &u32| xxh3_64(key_at(timelines, number)) == hash;
    register.find(hash, is_it).copied()
}

/// Whether an earlier part of that timeline was evicted.
pub(super) fn is_resumed(timelines: &[Vec<Timeline>], number: u32) -> bool {
    let number = number as usize;
    timelines
        .get(number / CHUNK)
        .and_then(|chunk| chunk.get(number % CHUNK))
        .is_some_and(|timeline| timeline.resumed)
}

/// The key of a subject: a ticket's id, or a space and a team's name. No ticket id contains a space.
pub(super) fn key_of<'b>(subject: &'b Subject<'_>, buffer: &'b mut [u8; 256]) -> &'b [u8] {
    match subject {
        Subject::Ticket(id) => id.as_bytes(),
        Subject::Team(name) => {
            let length = name.len().min(crate::name::NAME_BYTES_MAX);
            buffer[0] = b' ';
            buffer[1..=length].copy_from_slice(&name.as_bytes()[..length]);
            &buffer[..=length]
        }
    }
}
