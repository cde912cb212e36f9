//! Bounds of one run of a filter: work and stack.
//!
//! # Design
//! jq has no bounds of its own: `[range(1e12)]` and `"x" * 1e9` are short filters. A thread cannot be ended
//! from outside, so the run counts its own work and ends itself. Each evaluated term and each value costs
//! units. The count depends on the filter and the record alone, so each delivery meets the same fate.
//!
//! A run ends by unwinding, because a filter can catch errors with `try` and go on. The hook of panics is
//! not called.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Maximum units of work for one record. A term costs one, a value one for each part, and 16 bytes of text
/// one. A built-in filter takes fewer than 5 000 for a webhook; all of them take less than half a second.
pub(super) const WORK_MAX: u64 = 1_000_000;

/// Maximum bytes of stack that a filter takes. Threads have 2 MiB.
const STACK_BYTES_MAX: usize = 512 * 1024;

/// Bytes of text that cost one unit.
const BYTES_OF_UNIT: usize = 16;

thread_local! {
    /// The units that the run on this thread has left.
    static WORK_LEFT: Cell<u64> = const { Cell::new(0) };
    /// Where the stack was when the run began.
    static STACK_START: Cell<usize> = const { Cell::new(0) };
}

/// Why a run was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitReached {
    /// A value or a chain of terms is nested too deep.
    Depth,
    /// None: jaq itself has failed.
    Failure,
    /// The work is used up.
    Work,
}

/// Runs `run` within the bounds.
///
/// # Errors
/// If it reaches one.
pub(super) fn run_bounded<T>(run: impl FnOnce() -> T) -> Result<T, LimitReached> {
    WORK_LEFT.set(WORK_MAX);
    STACK_START.set(stack_position());
    let ended = |payload: Box<dyn Any + Send>| {
        payload.downcast_ref::<LimitReached>().copied().unwrap_or(LimitReached::Failure)
    };
    // What the run borrows mutably is its own.
    catch_unwind(AssertUnwindSafe(run)).map_err(ended)
}

/// Takes units of work.
pub(super) fn charge(units: u64) {
    match WORK_LEFT.get().checked_sub(units) {
        Some(left) => WORK_LEFT.set(left),
        None => end(LimitReached::Work),
    }
}

/// Takes the work of reading or writing a text.
pub(super) fn charge_text(bytes: usize) {
    charge(units_of_text(bytes));
}

/// The units that a text costs.
pub(super) fn units_of_text(bytes: usize) -> u64 {
    1 + (bytes / BYTES_OF_UNIT) as u64
}

/// Takes the work of one term, and checks the stack.
pub(super) fn charge_term() {
    charge(1);
    if STACK_START.get().saturating_sub(stack_position()) > STACK_BYTES_MAX {
        end(LimitReached::Depth);
    }
}

/// Ends the run.
pub(super) fn end(why: LimitReached) -> ! {
    resume_unwind(Box::new(why))
}

/// The address of the top of the stack, or near it. Stacks grow to lower addresses.
#[inline(never)]
fn stack_position() -> usize {
    let here = 0_u8;
    std::hint::black_box(&raw const here).addr()
}
