//! The naive model itself, against numbers reckoned by hand.
