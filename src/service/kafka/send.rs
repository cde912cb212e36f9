//! Sends a record through a producer whose queue may be full.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::ToBytes;
use rdkafka::producer::BaseRecord;
use rdkafka::util::IntoOpaque;

/// Pause before a full queue is tried again.
const QUEUE_PAUSE: Duration = Duration::from_millis(20);

/// Hands a record to `offer`, which returns the record with the error if the producer refuses it. While the
/// queue is full, calls `drain` with the longest pause, and offers the record again. `drain` returns false to
/// stop.
///
/// # Errors
/// The error of the last offer: any error but a full queue, or a full queue that `drain` stopped waiting for.
pub(crate) fn send_when_room<'a, K, P, O>(
    mut record: BaseRecord<'a, K, P, O>,
    offer: impl Fn(BaseRecord<'a, K, P, O>) -> Option<(KafkaError, BaseRecord<'a, K, P, O>)>,
    mut drain: impl FnMut(Duration) -> bool,
) -> Result<(), KafkaError>
where
    K: ToBytes + ?Sized,
    P: ToBytes + ?Sized,
    O: IntoOpaque,
{
    loop {
        let Some((error, refused)) = offer(record) else { return Ok(()) };
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) || !drain(QUEUE_PAUSE) {
            return Err(error);
        }
        record = refused;
    }
}

/// Lets a producer deliver what is queued, for up to `pause`. The queue may still hold records after it.
pub(crate) fn drain<C, P>(producer: &P, pause: Duration) -> bool
where
    C: rdkafka::producer::ProducerContext,
    P: rdkafka::producer::Producer<C>,
{
    if let Err(error) = producer.flush(pause) {
        tracing::debug!(%error, "the producer's queue is still full");
    }
    true
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// The result and the number of offers to a queue that has room after `full_for` refusals; the caller
    /// drains it `drains` times.
    fn offers(
        full_for: u32,
        drains: u32,
        error: RDKafkaErrorCode,
    ) -> (Result<(), KafkaError>, u32) {
        let offered = Cell::new(0);
        let mut drained = 0;
        let sent = send_when_room(
            BaseRecord::to("topic").key("key").payload("value"),
            |record| {
                offered.set(offered.get() + 1);
                let is_full = offered.get() <= full_for;
                is_full.then_some((KafkaError::MessageProduction(error), record))
            },
            |_| {
                drained += 1;
                drained <= drains
            },
        );
        (sent, offered.get())
    }

    #[test]
    fn a_full_queue_is_tried_again_and_any_other_error_is_returned() {
        let full = RDKafkaErrorCode::QueueFull;
        assert_eq!(offers(0, 0, full), (Ok(()), 1));
        assert_eq!(offers(3, 5, full), (Ok(()), 4));
        assert_eq!(offers(9, 2, full), (Err(KafkaError::MessageProduction(full)), 3));
        let large = RDKafkaErrorCode::MessageSizeTooLarge;
        assert_eq!(offers(9, 5, large), (Err(KafkaError::MessageProduction(large)), 1));
    }
}
