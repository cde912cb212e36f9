//! Fields that are left out of an event because their values cannot be read.
//!
//! Only id, type, time and subject carry the meaning of an event. An answer with an unknown priority is still
//! an answer: the field is left out, counted and named, and the event counts.

use std::collections::BTreeMap;

use super::{Event, Priority};
use crate::name;

/// A field without which an event keeps its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OptionalField {
    /// `agent`
    Agent,
    /// `bring_to_team`
    BringToTeam,
    /// `by`
    By,
    /// `categories`
    Categories,
    /// `channel`
    Channel,
    /// `due`
    Due,
    /// `from`
    From,
    /// `into`
    Into,
    /// `note`
    Note,
    /// `owner`
    Owner,
    /// `priority`
    Priority,
    /// `score`
    Score,
    /// `source`
    Source,
    /// `team`
    Team,
    /// `text`
    Text,
    /// The `ticket` of an event about a team.
    Ticket,
    /// `waiting_since`
    WaitingSince,
}

impl OptionalField {
    /// All fields.
    pub const ALL: [Self; 17] = [
        Self::Agent,
        Self::BringToTeam,
        Self::By,
        Self::Categories,
        Self::Channel,
        Self::Due,
        Self::From,
        Self::Into,
        Self::Note,
        Self::Owner,
        Self::Priority,
        Self::Score,
        Self::Source,
        Self::Team,
        Self::Text,
        Self::Ticket,
        Self::WaitingSince,
    ];

    /// The key in records, and the `field` label. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::BringToTeam => "bring_to_team",
            Self::By => "by",
            Self::Categories => "categories",
            Self::Channel => "channel",
            Self::Due => "due",
            Self::From => "from",
            Self::Into => "into",
            Self::Note => "note",
            Self::Owner => "owner",
            Self::Priority => "priority",
            Self::Score => "score",
            Self::Source => "source",
            Self::Team => "team",
            Self::Text => "text",
            Self::Ticket => "ticket",
            Self::WaitingSince => "waiting_since",
        }
    }
}

/// A field that was left out of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredField {
    /// The field.
    pub field: OptionalField,
    /// The key, its value and the correction, for whoever publishes the events.
    pub advice: String,
    /// The value, if it is a text that may mean something to the configuration.
    pub(super) text: Option<Box<str>>,
}

/// The organisation's own names of priorities, such as `Medium` or `P1`. They are compared by
/// [`name::folded`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriorityNames(BTreeMap<Box<str>, Priority>);

impl PriorityNames {
    /// Gives a priority another name. Returns whether the name was new.
    pub fn insert(&mut self, name: &str, priority: Priority) -> bool {
        self.0.insert(name::folded(name).into(), priority).is_none()
    }

    /// The priority with that name; `None` if it has none.
    pub fn priority(&self, name: &str) -> Option<Priority> {
        self.0.get(&*name::folded(name)).copied()
    }
}

impl Event<'_> {
    /// Reads a priority that decoding left out, if the configuration names it.
    pub fn read_priority(&mut self, names: &PriorityNames) {
        let known = |ignored: &IgnoredField| {
            let text = ignored.text.as_deref().filter(|_| ignored.field == OptionalField::Priority);
            names.priority(text?)
        };
        let found = self.ignored.iter().enumerate().find_map(|(at, one)| Some((at, known(one)?)));
        if let Some((at, priority)) = found {
            self.priority = Some(priority);
            self.ignored.remove(at);
        }
    }
}
