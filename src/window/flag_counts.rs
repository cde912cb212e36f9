//! Acts that are flagged, counted in panes and windows.

use super::ring::PaneContent;
use crate::ticket::Flag;

/// The number of acts by [`Flag`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlagCounts([u32; Flag::ALL.len()]);

impl FlagCounts {
    /// Counts an act `by` times.
    pub(crate) fn add(&mut self, flag: Flag, by: i64) {
        let count = &mut self.0[flag as usize];
        let sum = i64::from(*count) + by;
        debug_assert!(sum >= 0, "removing an act that was never added");
        *count = u32::try_from(sum).unwrap_or(0);
    }

    /// The number of acts with that flag.
    pub fn of(self, flag: Flag) -> u64 {
        self.0[flag as usize].into()
    }
}

impl PaneContent for FlagCounts {
    fn merge(&mut self, other: &Self, sign: i64) {
        for flag in Flag::ALL {
            self.add(flag, sign * other.of(flag).cast_signed());
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
