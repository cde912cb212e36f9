//! What the forms of pages do, and how their fields are called.

/// What a form does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service::http) enum FormAction {
    /// Raises a concern.
    Raise,
    /// Settles a concern.
    Settle,
    /// Raises a concern again that was settled.
    RaiseAgain,
    /// Records a decision.
    Decide,
    /// Records that a decision is done.
    Finish,
    /// Gives a decision another day.
    Move,
    /// Records that the team no longer wants a decision.
    Drop,
    /// Leaves a note about the turn of duty.
    Note,
    /// Judges how a ticket was handled.
    Review,
    /// Brings a ticket to the team's talk.
    Bring,
    /// Records that the team has talked about a ticket.
    Discuss,
}

impl FormAction {
    /// All actions.
    pub(in crate::service::http) const ALL: [Self; 11] = [
        Self::Raise,
        Self::Settle,
        Self::RaiseAgain,
        Self::Decide,
        Self::Finish,
        Self::Move,
        Self::Drop,
        Self::Note,
        Self::Review,
        Self::Bring,
        Self::Discuss,
    ];

    /// The value of the field `action`.
    pub(in crate::service::http) const fn label(self) -> &'static str {
        match self {
            Self::Raise => "raise",
            Self::Settle => "settle",
            Self::RaiseAgain => "raise_again",
            Self::Decide => "decide",
            Self::Finish => "finish",
            Self::Move => "move",
            Self::Drop => "drop",
            Self::Note => "note",
            Self::Review => "review",
            Self::Bring => "bring",
            Self::Discuss => "discuss",
        }
    }

    /// The text of the label of a field; `None` of one that nobody fills in.
    pub(super) fn label_of(self, key: &str) -> Option<&'static str> {
        Some(match key {
            "by" => "agenda-by",
            "owner" => "agenda-who",
            "due" if self == Self::Move => "agenda-new-day",
            "due" => "agenda-until",
            "score" => "judge-score",
            "categories" => "judge-categories",
            "note" => "judge-note",
            "text" => return self.label_of_text(),
            _ => return None,
        })
    }

    /// The text of the label of what is said; `None` without such a field.
    pub(super) const fn label_of_text(self) -> Option<&'static str> {
        match self {
            Self::Raise => Some("agenda-what-worries"),
            Self::Settle | Self::Discuss => Some("agenda-what-came-of-it"),
            Self::RaiseAgain => Some("agenda-why-again"),
            Self::Decide => Some("agenda-what-decided"),
            Self::Move | Self::Drop => Some("agenda-why"),
            Self::Note => Some("agenda-what-noted"),
            Self::Bring => Some("bring-why"),
            Self::Finish | Self::Review => None,
        }
    }
}
