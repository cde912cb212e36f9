//! Decodes the records of a file on several cores, and hands them on in the order of the file.
//!
//! # Design
//! To decode a record is half of the work of reading it, and needs nothing but the record. The calling thread
//! reads lines into blocks. Each worker decodes a block, waits until all earlier blocks were handed on, and
//! then hands on its own. So the events come one at a time and in order, as from one core, and are never
//! copied: a block stays with its worker until it is done.

use std::io::BufRead;
use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::json::read_events;
use super::lines::InputLine;
use super::source::{InputError, InputSource};
use crate::event::{Event, Outcome};

/// The bytes with which a block is full.
const BLOCK_BYTES: usize = 256 * 1024;

/// Calls `visit` with line number and decoded event of every record, in the order of the file. `cores`
/// threads decode.
///
/// # Errors
/// As [`read_events`].
pub fn decode_events(
    source: &InputSource,
    reader: &mut dyn BufRead,
    cores: usize,
    mut visit: impl FnMut(u64, Result<Event<'_>, Outcome>) + Send,
) -> Result<(), InputError> {
    if cores < 2 {
        return read_events(source, reader, |number, line| visit(number, line.decode()));
    }
    let turns = Turns { next: Mutex::new((0, visit)), has_changed: Condvar::new() };
    std::thread::scope(|scope| {
        let (full, blocks) = sync_channel(cores);
        let blocks = Arc::new(Mutex::new(blocks));
        for _ in 0..cores {
            let (blocks, turns) = (Arc::clone(&blocks), &turns);
            scope.spawn(move || turns.work(&blocks));
        }
        // Without workers, nothing is received and so nothing sent.
        drop(blocks);
        let mut block = LineBlock::default();
        let read = read_events(source, reader, |number, line| {
            block.add(number, line);
            if block.bytes.len() >= BLOCK_BYTES {
                let next = LineBlock { turn: block.turn + 1, ..LineBlock::default() };
                let _is_sent = full.send(std::mem::replace(&mut block, next));
            }
        });
        let _is_sent = full.send(block);
        read
    })
}

/// Some lines of a file, one after the other.
#[derive(Default)]
struct LineBlock {
    /// The number of blocks before it.
    turn: u64,
    bytes: Vec<u8>,
    lines: Vec<(u64, BlockLine)>,
}

/// An [`InputLine`] whose bytes are in a block.
enum BlockLine {
    Record(Range<usize>),
    TooLong(usize),
    CutShort,
}

impl LineBlock {
    fn add(&mut self, number: u64, line: InputLine<'_>) {
        let line = match line {
            InputLine::Record(record) => {
                let begin = self.bytes.len();
                self.bytes.extend_from_slice(record);
                BlockLine::Record(begin..self.bytes.len())
            }
            InputLine::TooLong(bytes) => BlockLine::TooLong(bytes),
            InputLine::CutShort => BlockLine::CutShort,
        };
        self.lines.push((number, line));
    }

    fn lines(&self) -> impl Iterator<Item = (u64, InputLine<'_>)> {
        self.lines.iter().map(|(number, line)| {
            let line = match line {
                BlockLine::Record(range) => {
                    InputLine::Record(self.bytes.get(range.clone()).unwrap_or_default())
                }
                BlockLine::TooLong(bytes) => InputLine::TooLong(*bytes),
                BlockLine::CutShort => InputLine::CutShort,
            };
            (*number, line)
        })
    }
}

/// Lets blocks be handed on one after the other.
struct Turns<V> {
    /// Whose turn it is, and who gets the events.
    next: Mutex<(u64, V)>,
    has_changed: Condvar,
}

impl<V: FnMut(u64, Result<Event<'_>, Outcome>)> Turns<V> {
    /// Decodes blocks until there are no more.
    fn work(&self, blocks: &Mutex<Receiver<LineBlock>>) {
        while let Ok(block) = next_block(blocks) {
            let decoded: Vec<_> =
                block.lines().map(|(number, line)| (number, line.decode())).collect();
            let _notifier = NotifyOnDrop(&self.has_changed);
            let Some(mut next) = self.wait_for(block.turn) else { return };
            let (turn, visit) = &mut *next;
            decoded.into_iter().for_each(|(number, decoded)| visit(number, decoded));
            *turn += 1;
        }
    }

    /// Waits until it is the turn of a block. `None` if another worker has panicked.
    fn wait_for(&self, turn: u64) -> Option<MutexGuard<'_, (u64, V)>> {
        let next = self.next.lock().ok()?;
        self.has_changed.wait_while(next, |(next, _)| *next != turn).ok()
    }
}

fn next_block(
    blocks: &Mutex<Receiver<LineBlock>>,
) -> Result<LineBlock, std::sync::mpsc::RecvError> {
    blocks.lock().unwrap_or_else(PoisonError::into_inner).recv()
}

/// Wakes the other workers, also after a panic.
struct NotifyOnDrop<'a>(&'a Condvar);

impl Drop for NotifyOnDrop<'_> {
    fn drop(&mut self) {
        self.0.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// What is handed on, as text.
    fn handed_on(text: &str, cores: usize) -> (Vec<String>, Option<String>) {
        let mut all = Vec::new();
        let result = decode_events(
            &InputSource::Standard,
            &mut Cursor::new(text),
            cores,
            |number, decoded| all.push(format!("{number} {decoded:?}")),
        );
        (all, result.err().map(|error| error.to_string()))
    }

    #[test]
    fn several_cores_hand_on_the_same_as_one() {
        let line = |number: u32| match number % 997 {
            0 => "no JSON\n".to_owned(),
            1 => format!("{{\"id\":\"{}\"}}\n", "x".repeat(300_000)),
            2 => "\n".to_owned(),
            _ => format!(
                "{{\"id\":\"e-{number}\",\"type\":\"ticket.created\",\"ticket\":\"T-{number}\",\
                 \"time\":\"2026-11-21T07:14:03Z\"}}\n"
            ),
        };
        let text: String = (0..20_000).map(line).collect();
        for text in [text.as_str(), "", "{\"id\":\"1\"", &format!("{text}{{\"id\":")] {
            let one = handed_on(text, 1);
            for cores in [2, 3, 8] {
                assert!(handed_on(text, cores) == one, "{cores} cores");
            }
        }
    }
}
