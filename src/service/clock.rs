//! The one clock of the service.

use std::time::SystemTime;

use crate::time::Timestamp;

/// The wall clock.
pub(super) fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the service reads the clock"
    )]
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
