//! The kinds of response time.

/// What a stopwatch measures. In the order in which readings list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// From creation (by the customer or the system), or from the first customer message of a ticket that
    /// an agent made, to the first reply of a human agent.
    FirstReply,
    /// From the oldest customer message since the last agent reply to the next agent reply, once a first
    /// reply has been given.
    NextReply,
    /// From creation to the first solved since creation or since the last reopened, without the time it
    /// was solved.
    Resolution,
    /// From creation to the first solved.
    FirstResolution,
}

impl Measure {
    /// All measures, in order.
    pub const ALL: [Self; 4] =
        [Self::FirstReply, Self::NextReply, Self::Resolution, Self::FirstResolution];

    /// Its name in configuration, readings and metrics. A closed set: changing one is a breaking change.
    pub const fn label(self) -> &'static str {
        match self {
            Self::FirstReply => "first_reply",
            Self::NextReply => "next_reply",
            Self::Resolution => "resolution",
            Self::FirstResolution => "first_resolution",
        }
    }

    /// The measure of that name.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.label() == label)
    }

    /// Its place in [`Measure::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}
