//! A proportion in basis points, compared exactly.

use std::fmt;

/// A share of tickets: 1 to 10 000 basis points of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// The whole, in basis points.
    pub const WHOLE_BP: u32 = 10_000;

    /// 80 %.
    pub const EIGHTY_PERCENT: Self = Self(8_000);

    /// 90 %.
    pub const NINETY_PERCENT: Self = Self(9_000);

    /// A share of `bp` basis points; `None` unless `bp` is 1 to 10 000.
    pub fn from_basis_points(bp: u32) -> Option<Self> {
        (1..=Self::WHOLE_BP).contains(&bp).then_some(Self(bp))
    }

    /// Reads a percentage such as `90%` or `92.5%` with at most two decimals. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_basis_points(basis_points_of(text)?)
    }

    /// Its basis points.
    pub fn basis_points(self) -> u32 {
        self.0
    }

    /// Whether `good` of `total` reaches this share. Exact: no division, no float.
    pub fn is_met_by(self, good: u64, total: u64) -> bool {
        u128::from(good) * u128::from(Self::WHOLE_BP) >= u128::from(total) * u128::from(self.0)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_percent(self.0, f)
    }
}

/// The largest share of tickets that is allowed: 0 to 9 999 basis points of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaxShare(u32);

impl MaxShare {
    /// A largest share of `bp` basis points; `None` unless `bp` is 0 to 9 999.
    pub fn from_basis_points(bp: u32) -> Option<Self> {
        (0..Share::WHOLE_BP).contains(&bp).then_some(Self(bp))
    }

    /// Reads a percentage such as `10%` or `0%` with at most two decimals. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_basis_points(basis_points_of(text)?)
    }

    /// Its basis points.
    pub fn basis_points(self) -> u32 {
        self.0
    }

    /// Whether `part` of `total` is at most this share. Exact, like [`Share::is_met_by`].
    pub fn is_kept_by(self, part: u64, total: u64) -> bool {
        u128::from(part) * u128::from(Share::WHOLE_BP) <= u128::from(total) * u128::from(self.0)
    }

    /// The share that the rest must at least have.
    pub fn complement(self) -> Share {
        Share(Share::WHOLE_BP - self.0)
    }
}

impl fmt::Display for MaxShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_percent(self.0, f)
    }
}

/// The basis points of a percentage with at most two decimals.
fn basis_points_of(text: &str) -> Option<u32> {
    let number = text.strip_suffix('%')?.trim_end();
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(decimals) || decimals.len() > 2 {
        return None;
    }
    let hundredths = decimals.parse::<u32>().ok()? * if decimals.len() == 1 { 10 } else { 1 };
    whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(hundredths)
}

fn write_percent(bp: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (bp / 100, bp % 100) {
        (whole, 0) => write!(f, "{whole}%"),
        (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}%", part / 10),
        (whole, part) => write!(f, "{whole}.{part:02}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_read_and_print_the_same_way() {
        for text in ["90%", "92.5%", "92.05%", "100%", "0.01%"] {
            assert_eq!(Share::parse(text).map(|share| share.to_string()).as_deref(), Some(text));
        }
        for text in ["90", "0%", "100.01%", "1.2.3%", "92.505%", "%", ".5%", "5.%", "-1%", "+9%"] {
            assert_eq!(Share::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_largest_share_is_kept_at_exactly_itself_and_may_be_nothing_but_not_all() {
        for text in ["0%", "10%", "0.5%", "99.99%"] {
            assert_eq!(MaxShare::parse(text).map(|max| max.to_string()).as_deref(), Some(text));
        }
        for text in ["100%", "101%", "10", "0", "-1%", "none"] {
            assert_eq!(MaxShare::parse(text), None, "{text}");
        }
        for bp in 0..Share::WHOLE_BP {
            let max = MaxShare::from_basis_points(bp).unwrap();
            assert!(max.is_kept_by(u64::from(bp) * 7, 70_000));
            assert!(!max.is_kept_by(u64::from(bp) * 7 + 1, 70_000));
            assert_eq!(max.complement().basis_points() + bp, Share::WHOLE_BP);
        }
        assert!(MaxShare::from_basis_points(0).unwrap().is_kept_by(0, 0));
    }

    #[test]
    fn a_share_is_met_at_exactly_the_level() {
        for bp in 1..=Share::WHOLE_BP {
            let share = Share::from_basis_points(bp).unwrap();
            assert!(share.is_met_by(u64::from(bp) * 7, 70_000));
            assert!(!share.is_met_by(u64::from(bp) * 7 - 1, 70_000));
        }
    }
}
