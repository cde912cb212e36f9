//! Ids of the things in a [`Catalog`](super::Catalog): small numbers, valid for one catalog only.

/// A team, the tickets of no declared team (unclaimed), or the whole organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScopeId(u32);

impl ScopeId {
    /// The scope that sorts first.
    pub const FIRST: Self = Self(0);

    /// Its number, below [`Catalog::scope_count`](super::Catalog::scope_count).
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The scope of that number. [`TEAMS_MAX`](super::TEAMS_MAX) bounds it.
    pub(super) fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// An objective: its position in the order of [`Catalog::objectives`](super::Catalog::objectives).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectiveId(u32);

impl ObjectiveId {
    /// Its number, below the number of objectives.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The objective of that number.
    pub(super) fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// A kind of stopwatch: its position in [`Catalog::stopwatch_kinds`](super::Catalog::stopwatch_kinds).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StopwatchKindId(u16);

impl StopwatchKindId {
    /// Its number, below the number of kinds.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The kind of that number.
    pub(super) const fn from_index(index: u16) -> Self {
        Self(index)
    }
}

/// A calendar. The default is the built-in calendar `always`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CalendarId(u16);

impl CalendarId {
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The calendar of that number. There are fewer calendars than teams and objectives together.
    pub(super) fn from_index(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or_default())
    }
}

/// A channel that some reading is split by, or [`ChannelId::OTHER`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChannelId(u16);

impl ChannelId {
    /// Every channel that no agreement names, and no channel at all.
    pub const OTHER: Self = Self(0);

    /// Its number.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The channel of that number.
    pub const fn from_index(index: u16) -> Self {
        Self(index)
    }
}
