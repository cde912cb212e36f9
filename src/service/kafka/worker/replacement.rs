//! A client that has failed for good is replaced by a new one.
//!
//! # Design
//! Another process with the same `group.instance.id` fences this one: the client is dead, and a new client
//! would fence the other process in turn. So the new one is made once the other has gone from the group. It
//! goes when it stops, within `session.timeout.ms`.
//!
//! A member that joins may be fenced by itself: after a cut of the network two of its requests arrive, and
//! the broker takes the second for another process. Nobody serves that membership, so a new client takes it
//! at once. If there is another process after all, that one is fenced in turn, and waits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::groups::GroupMemberInfo;

use super::{CLAIM_EVERY, CallbackState, DeadConsumer, MENDS_MAX, STALL_MAX, Stall, Worker, join};
use crate::service::clock;
use crate::service::kafka::status::StreamStatus;
use crate::service::kafka::trouble::Trouble;
use crate::service::outage::in_seconds;

/// How long the broker may take to list the members of the group.
const MEMBERS_TIMEOUT: Duration = Duration::from_millis(1_500);

/// How long after it was fenced while joining a client that is fenced again waits for another process.
const FENCED_AGAIN: Duration = Duration::from_secs(60);

/// Interval at which to look whether a new client can be made.
const LOOK_EVERY: Duration = Duration::from_secs(3);

impl Worker {
    /// Gives up the partitions of a client that has failed, and makes a new one when that helps.
    pub(super) fn replace_dead_consumer(&mut self) {
        let is_dead = self.callback_state().is_dead;
        if !is_dead {
            return;
        }
        if self.dead.is_none() {
            self.bury();
        }
        let now = clock::instant();
        let Some(dead) = self.dead.as_mut().filter(|dead| dead.look_at <= now) else { return };
        dead.look_at = now + LOOK_EVERY;
        let fenced = dead.fenced.clone();
        if let Some(id) = fenced {
            if self.is_member(&id) {
                return;
            }
            tracing::info!("the other process with group.instance.id `{id}` has gone");
        }
        self.renew();
    }

    /// Notes why the client has failed. Its partitions are lost.
    fn bury(&mut self) {
        let (code, problem) = self
            .consumer
            .client()
            .fatal_error()
            .unwrap_or((RDKafkaErrorCode::Fatal, "it does not say why".to_owned()));
        let now = clock::instant();
        let is_fenced = code == RDKafkaErrorCode::FencedInstanceId;
        let was_joining = self.partitions.numbers().is_empty() && self.unassigned.is_empty();
        if is_fenced
            && was_joining
            && self.fenced_joining_at.is_none_or(|at| now.duration_since(at) > FENCED_AGAIN)
        {
            self.fenced_joining_at = Some(now);
            self.fetched.clear();
            self.dead = Some(DeadConsumer { since: now, look_at: now, fenced: None });
            tracing::info!(
                "the group has taken an earlier request of this client for another member: a new client joins"
            );
            return;
        }
        let fenced = self.instance_id().filter(|_| is_fenced);
        let trouble = match fenced.clone() {
            Some(id) => Trouble::Fenced { id },
            None => Trouble::ClientFailed { problem: problem.clone() },
        };
        // What being fenced means is the reason why data is not current.
        if fenced.is_none() {
            tracing::error!("the Kafka client has failed: {problem}");
        }
        self.dead = Some(DeadConsumer { since: now, look_at: now + LOOK_EVERY, fenced });
        let all = self.partitions.numbers();
        self.drop_partitions(&all);
        self.unassigned.clear();
        self.fetched.clear();
        self.partitions.set_blocked(Some(trouble));
    }

    /// The `group.instance.id` of this worker.
    fn instance_id(&self) -> Option<String> {
        let config = super::client_config(&self.kafka, self.number);
        config.get("group.instance.id").map(str::to_owned)
    }

    /// Whether a member of the group has this instance id, or may have it: the broker does not answer.
    fn is_member(&self, id: &str) -> bool {
        let list = self.consumer.fetch_group_list(Some(&self.kafka.group), MEMBERS_TIMEOUT);
        let Ok(list) = list else { return true };
        // The broker makes the member id of a static member from its instance id. The client id and the host
        // in the list are those of the member before.
        let has_id = |member: &str| {
            member.strip_prefix(id).is_some_and(|rest| rest.strip_prefix('-').is_some_and(is_uuid))
        };
        let mut members = list.groups().iter().flat_map(|group| group.members());
        members.any(|member| has_id(member.id()))
    }

    /// Has the client fetch again from partitions that have records and give none, and replaces it if that
    /// does not help. No cause is known for which this is needed; one that is not known must not stop the
    /// stream for ever.
    pub(super) fn mend_stalls(&mut self, stream: &StreamStatus) {
        self.stalls.retain(|number, _| stream.partitions.contains_key(number));
        for (number, progress) in &stream.partitions {
            let has_records = progress.end.is_some_and(|end| end > progress.position)
                && progress.hidden_records() == 0
                && self.fetched.contains(number)
                && !self.repositioning.contains(number);
            if !has_records {
                self.stalls.remove(number);
                continue;
            }
            let (position, since) = (progress.position, clock::instant());
            let stall = self.stalls.entry(*number).or_insert(Stall { position, since, mended: 0 });
            if stall.position != position {
                *stall = Stall { position, since, mended: 0 };
            } else if stall.since.elapsed() > STALL_MAX {
                let (partition, mended) = (*number, stall.mended);
                tracing::warn!(partition, position, mended, "no records come: fetching again");
                (stall.since, stall.mended) = (since, mended + 1);
                if mended < MENDS_MAX {
                    self.repositioning.insert(partition);
                } else {
                    self.callback_state.lock().unwrap_or_else(PoisonError::into_inner).is_dead =
                        true;
                }
            }
        }
    }

    /// Joins the group again if it has not assigned all partitions of the topic to anybody. A static member
    /// that starts gets its old assignment, and the client does not notice that the topic has more partitions
    /// now.
    pub(super) fn claim_unassigned_partitions(&mut self) {
        let now = clock::instant();
        if now < self.claim_at || self.dead.is_some() {
            return;
        }
        self.claim_at = now + CLAIM_EVERY;
        let Some(all) = self.answers.topic().partitions else { return };
        if self.partitions.numbers().len() >= all || !self.unassigned.is_empty() {
            return;
        }
        let list = self.consumer.fetch_group_list(Some(&self.kafka.group), MEMBERS_TIMEOUT);
        let Ok(list) = list else { return };
        let Some(group) = list.groups().iter().find(|group| group.state() == "Stable") else {
            return;
        };
        let assigned = group.members().iter().filter_map(GroupMemberInfo::assignment);
        let assigned: usize =
            assigned.map(|bytes| partitions_in(bytes, &self.kafka.topic).unwrap_or(all)).sum();
        if assigned >= all {
            return;
        }
        tracing::info!(
            assigned,
            all,
            "the group has not assigned all partitions: joining it again"
        );
        self.consumer.unsubscribe();
        if let Err(error) = self.consumer.subscribe(&[&self.kafka.topic]) {
            tracing::error!("failed to join the group again: {error}; retrying");
        }
    }

    /// Makes a new client.
    fn renew(&mut self) {
        let callback_state = {
            let mut before = self.callback_state();
            before.is_leaving = true;
            CallbackState {
                rebalances: before.rebalances,
                errors: before.errors.clone(),
                commit_failures: before.commit_failures,
                topic_id: before.topic_id.clone(),
                ..CallbackState::default()
            }
        };
        let callback_state = Arc::new(Mutex::new(callback_state));
        match join(&self.kafka, self.number, &callback_state) {
            Ok(consumer) => {
                self.consumer = consumer;
                self.callback_state = callback_state;
                self.wake_when_records_come();
                self.partitions.set_blocked(None);
                if let Some(dead) = self.dead.take() {
                    let after = in_seconds(dead.since.elapsed());
                    tracing::info!("a new Kafka client joins the group, after {after}");
                }
            }
            Err(error) => tracing::error!("no new Kafka client can be made: {error}; retrying"),
        }
    }
}

/// The number of partitions of a topic in the assignment of a member, as Kafka's consumer protocol writes it:
/// a version (2 bytes), the number of topics (4), and for each its name with its length (2), the number of
/// its partitions (4) and the partitions (4 each). `None` if it cannot be read.
fn partitions_in(assignment: &[u8], topic: &str) -> Option<usize> {
    let (_, rest) = assignment.split_first_chunk::<2>()?;
    let (topics, mut rest) = rest.split_first_chunk::<4>()?;
    let mut partitions = 0;
    for _ in 0..u32::from_be_bytes(*topics) {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (name, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (count, after) = after.split_first_chunk::<4>()?;
        let count = usize::try_from(u32::from_be_bytes(*count)).ok()?;
        partitions += if name == topic.as_bytes() { count } else { 0 };
        rest = after.get(count.checked_mul(4)?..)?;
    }
    Some(partitions)
}

/// Whether a text has the form of a UUID.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partitions_of_a_topic_are_counted_in_an_assignment() {
        let assignment = [
            &[0, 1, 0, 0, 0, 2][..],
            &[0, 1, b'o', 0, 0, 0, 1, 0, 0, 0, 9][..],
            &[0, 1, b't', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1][..],
            &[0xff, 0xff, 0xff, 0xff][..],
        ]
        .concat();
        assert_eq!(partitions_in(&assignment, "t"), Some(2));
        assert_eq!(partitions_in(&assignment, "other"), Some(0));
        assert_eq!(partitions_in(&assignment[..20], "t"), None, "it is cut");
    }
}
