//! Ids and names of events and configuration: checked, bounded, and interned.

use std::borrow::Cow;

use hashbrown::HashTable;
use icu_normalizer::ComposingNormalizerBorrowed;
use xxhash_rust::xxh3::xxh3_64;

/// Maximum bytes of a ticket, concern or agent id.
pub const ID_BYTES_MAX: usize = 128;
/// Maximum bytes of a team or channel name.
pub const NAME_BYTES_MAX: usize = 128;
/// Maximum bytes of an event id or source.
pub const IDENTITY_BYTES_MAX: usize = 256;

/// The name for tickets without a declared team. Reserved: no team can have it.
pub const UNCLAIMED: &str = "unclaimed";
/// The name of the whole organisation in readings, metrics, alerts and URLs. Reserved, too.
pub const ALL_TEAMS: &str = "_all";
/// Names that no team can have, because readings and metrics use them otherwise.
pub const RESERVED_TEAMS: [&str; 3] = [UNCLAIMED, ALL_TEAMS, "_unclaimed"];

/// The label of a team in metrics, alerts and URLs: `_all` for the whole organisation (`None`), `_unclaimed`
/// for tickets without a declared team.
pub fn team_label(team: Option<&str>) -> &str {
    match team {
        None => ALL_TEAMS,
        Some(UNCLAIMED) => "_unclaimed",
        Some(team) => team,
    }
}

/// Whether `text` can be a ticket, concern or agent id: 1 to 128 bytes of `[A-Za-z0-9._:/@#+-]`.
pub fn is_id(text: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/@#+-".contains(&b))
}

/// Whether `text` can be an event id or a source: 1 to 256 bytes of UTF-8 without control characters.
pub fn is_identity(text: &str) -> bool {
    (1..=IDENTITY_BYTES_MAX).contains(&text.len()) && !has_control(text)
}

/// Whether `text` can be a team or channel name: 1 to 128 bytes of UTF-8 without control characters.
pub fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len()) && !has_control(text)
}

/// Whether `text` can be a team's name: a valid name that is not reserved.
pub fn is_team(text: &str) -> bool {
    is_name(text) && !RESERVED_TEAMS.contains(&text)
}

/// A name in the form in which names are compared: without blanks around it, and in Unicode's form NFC, so
/// that `ä` is one character whether the producer writes one or two code points. Borrows what needs no
/// change.
pub fn normal(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// [`normal`] of a text that may be owned.
pub fn into_normal(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => normal(text),
        Cow::Owned(text) => Cow::Owned(normal(&text).into_owned()),
    }
}

/// What stays of a name without case, form (Unicode's NFKC) and the kind and number of blanks, hyphens and
/// underscores: `Customer-Care` and `customer  care` are one. To find what was meant, never to compare names.
pub fn folded(text: &str) -> String {
    let form = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let is_gap = |symbol: char| symbol.is_whitespace() || symbol == '-' || symbol == '_';
    let words: Vec<&str> = form.split(is_gap).filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

/// The candidate that `text` was probably meant to be: one that differs by case, form and blanks only, or by
/// at most two edits. `None` if there is none.
pub fn similar<'c>(text: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let ours = folded(text);
    let distance = |name: &str| strsim::damerau_levenshtein(&ours, &folded(name));
    let near = candidates.map(|name| (distance(name), name));
    // Of a short name two edits leave nothing.
    let most = if ours.chars().count() > 4 { 2 } else { 1 };
    near.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

fn has_control(text: &str) -> bool {
    // Nearly every name is ASCII, and bytes are faster than characters.
    if text.is_ascii() {
        text.bytes().any(|b| b.is_ascii_control())
    } else {
        text.chars().any(char::is_control)
    }
}

/// Maximum names of one [`Names`]. Beyond it every new name becomes [`NameId::OVERFLOW`].
///
/// Real organisations have hundreds of teams and agents. The maximum keeps a producer that writes ids into
/// `team` from filling the memory: at 128 bytes each, this many names take 160 MB.
const NAMES_MAX: usize = 1_000_000;

/// The id of a name in one [`Names`]. It has no meaning in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);

impl NameId {
    /// The id of all names beyond the maximum: `_unclaimed`, which no agreement can declare.
    pub const OVERFLOW: Self = Self(0);

    /// The index in its [`Names`], from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The id with that index.
    pub fn from_index(index: u32) -> Self {
        Self(index)
    }

    /// The index as it is stored in packed events.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// The names of teams, channels and agents in the events of one shard, each stored once.
#[derive(Debug)]
pub struct Names {
    names: Vec<Box<str>>,
    table: HashTable<u32>,
    /// The id of the latest lookup: consecutive events often name the same team.
    last: u32,
}

impl Names {
    /// A set with only the overflow name.
    pub fn new() -> Self {
        let mut names = Self { names: Vec::new(), table: HashTable::new(), last: 0 };
        names.intern("_unclaimed");
        names
    }

    /// The id of `name`, which is added if it is new.
    pub fn intern(&mut self, name: &str) -> NameId {
        if self.names.get(self.last as usize).is_some_and(|last| **last == *name) {
            return NameId(self.last);
        }
        let names = &mut self.names;
        let hash = xxh3_64(name.as_bytes());
        let found = self.table.find(hash, |&id| *names[id as usize] == *name).copied();
        let id = match found {
            Some(id) => id,
            None if names.len() >= NAMES_MAX => return NameId::OVERFLOW,
            None => {
                let id = u32::try_from(names.len()).unwrap_or(u32::MAX);
                names.push(name.into());
                self.table.insert_unique(hash, id, |&id| xxh3_64(names[id as usize].as_bytes()));
                id
            }
        };
        self.last = id;
        NameId(id)
    }

    /// The text of a name.
    pub fn text(&self, id: NameId) -> &str {
        &self.names[id.index()]
    }

    /// All names, in order of id.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Restores a set from all its names in order of id. `None` if a name repeats, if there are too many,
    /// or if the first is not the overflow name.
    pub fn from_ordered(names: &[&str]) -> Option<Self> {
        let mut all = Self::new();
        let is_first = names.first() == Some(&all.text(NameId::OVERFLOW));
        for name in names.iter().skip(1) {
            all.intern(name);
        }
        (is_first && all.len() == names.len()).then_some(all)
    }

    /// The number of names. Every [`NameId::index`] is less.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no names. Always false: the overflow name is always there.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_interned_once() {
        let mut names = Names::new();
        let billing = names.intern("billing");
        let support = names.intern("support");
        assert_eq!(names.intern("billing"), billing);
        assert_ne!(billing, support);
        assert_eq!(names.text(support), "support");
    }

    #[test]
    fn ids_and_names_are_bounded() {
        assert!(is_id("T-1042") && is_id(&"x".repeat(128)) && is_id("a@b/c:d.e_f#g+h"));
        assert!(
            !is_id("") && !is_id(&"x".repeat(129)) && !is_id("T 1") && !is_id("<b>") && !is_id("ä")
        );
        assert!(is_name("Asiakaspalvelu Länsi") && !is_name("a\nb") && !is_name("a\u{85}b"));
        assert!(is_team("billing") && !is_team("_all") && !is_team("unclaimed") && !is_team(""));
        assert!(
            is_identity("ääkkönen") && !is_identity("a\u{0}") && !is_identity(&"x".repeat(257))
        );
    }
}
