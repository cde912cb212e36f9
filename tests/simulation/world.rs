//! The world around the processes: the topic, the store, an Alertmanager, and faults.

use std::collections::BTreeMap;

use vaste::alert::{Listed, Notice};
use vaste::checkpoint::CheckpointName;
use vaste::time::{Elapsed, SECOND_MS, Timestamp};

use crate::random::Random;

/// A fault.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Crash,
    Restart,
    Stall,
    ClockJumps,
    Rebalance,
    StoreFails,
    StoreIsSlow,
    BrokerAway,
    CheckpointRots,
    AlertmanagerSays(Answer),
}

/// How an Alertmanager answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    /// It refuses the request.
    No,
    /// It accepts the request, and its answer is lost.
    Lost,
}

impl Fault {
    pub(crate) fn draw(random: &mut Random) -> Self {
        match random.below(14) {
            0 | 1 => Self::Crash,
            2 => Self::Restart,
            3 => Self::Stall,
            4 => Self::ClockJumps,
            5..=7 => Self::Rebalance,
            8 => Self::StoreFails,
            9 => Self::StoreIsSlow,
            10 => Self::BrokerAway,
            11 => Self::CheckpointRots,
            12 => Self::AlertmanagerSays(Answer::No),
            _ => Self::AlertmanagerSays(Answer::Lost),
        }
    }
}

/// One record of the topic.
#[derive(Clone, Debug)]
pub(crate) struct StoredRecord {
    pub(crate) key: String,
    pub(crate) payload: String,
    pub(crate) timestamp: i64,
}

/// Everything around the processes.
pub(crate) struct World {
    /// Records still to be published, by the second of their delivery.
    coming: BTreeMap<i64, Vec<(String, String)>>,
    pub(crate) topic: Vec<Vec<StoredRecord>>,
    pub(crate) store: Store,
    pub(crate) alertmanager: Alertmanager,
    pub(crate) broker_away_until: i64,
    pub(crate) transcript: Vec<String>,
    begin: Timestamp,
}

impl World {
    pub(crate) fn new(seed: u64, seconds: i64, begin: Timestamp) -> Self {
        Self {
            coming: history(seed, seconds, begin),
            topic: vec![Vec::new(); 4],
            store: Store::default(),
            alertmanager: Alertmanager::default(),
            broker_away_until: 0,
            transcript: Vec::new(),
            begin,
        }
    }

    /// Whether each ticket's events come in order in this run.
    pub(crate) fn is_in_order(seed: u64) -> bool {
        seed.is_multiple_of(2)
    }

    pub(crate) fn partitions(&self) -> i32 {
        i32::try_from(self.topic.len()).unwrap()
    }

    /// Publishes the records of this second, and advances the Alertmanager.
    pub(crate) fn advance(&mut self, second: i64) {
        let timestamp = self.begin.plus(Elapsed::from_ms(second * SECOND_MS)).ms();
        for (key, payload) in self.coming.remove(&second).unwrap_or_default() {
            let partition = key.bytes().map(usize::from).sum::<usize>() % self.topic.len();
            self.topic[partition].push(StoredRecord { key, payload, timestamp });
        }
        self.alertmanager.advance(self.begin.plus(Elapsed::from_ms(second * SECOND_MS)), second);
    }

    pub(crate) fn is_broker_away(&self, second: i64) -> bool {
        second < self.broker_away_until
    }

    pub(crate) fn calm_down(&mut self, second: i64) {
        self.store.fails_until = second;
        self.store.slow_until = second;
        self.broker_away_until = second;
        self.alertmanager.set_answer(Answer::Yes, second);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.alertmanager.now.unwrap_or(self.begin)
    }

    pub(crate) fn note(&mut self, second: i64, what: &str) {
        self.transcript.push(format!("{second}: {what}"));
    }
}

/// Key and event of each record, by the second of delivery. Some are delivered twice, and in every
/// other run some are late. One ticket each makes an alert fire.
fn history(seed: u64, seconds: i64, begin: Timestamp) -> BTreeMap<i64, Vec<(String, String)>> {
    let mut random = Random::new(seed);
    let mut coming: BTreeMap<i64, Vec<(String, String)>> = BTreeMap::new();
    let mut number = 0;
    let in_order = World::is_in_order(seed);
    let mut happens = |random: &mut Random,
                       second: i64,
                       kind: &str,
                       ticket: &str,
                       team: &str,
                       may_be_late: bool| {
        number += 1;
        let time = begin.plus(Elapsed::from_ms(second * SECOND_MS + random.below(900)));
        let event = format!(
            "{{\"id\":\"{number}\",\"type\":\"ticket.{kind}\",\"time\":\"{time}\",\"ticket\":\"{ticket}\",\
             \"team\":\"{team}\"}}"
        );
        let late =
            if may_be_late && !in_order && random.below(4) == 0 { random.below(60) } else { 0 };
        let mut delivered = second + 1 + late;
        coming.entry(delivered).or_default().push((ticket.to_owned(), event.clone()));
        while random.below(8) == 0 {
            delivered += random.below(40);
            coming.entry(delivered).or_default().push((ticket.to_owned(), event.clone()));
        }
    };
    happens(&mut random, 0, "created", "F-1", "forgotten", false);
    happens(&mut random, 0, "created", "A-1", "answered", false);
    happens(&mut random, 60 + seconds / 3, "agent_replied", "A-1", "answered", false);
    for ticket in 0..60 {
        let id = format!("T-{ticket}");
        let team = ["fine", "other"][random.index(2)];
        let mut second = 1 + random.below(seconds - 60);
        happens(&mut random, second, "created", &id, team, true);
        let kinds = [
            "agent_replied",
            "customer_replied",
            "agent_replied",
            "solved",
            "reopened",
            "pending",
            "rated\",\"score\":4,\"x\":\"",
        ];
        for _ in 0..random.below(7) {
            second += 1 + random.below(12);
            if second < seconds - 2 {
                let kind = kinds[random.index(kinds.len())];
                happens(&mut random, second, kind, &id, team, true);
            }
        }
    }
    coming
}

/// An object store that may fail, be slow, and corrupt objects.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) checkpoints: BTreeMap<i32, BTreeMap<CheckpointName, Vec<u8>>>,
    pub(crate) logs: BTreeMap<i64, Vec<u8>>,
    pub(crate) fails_until: i64,
    pub(crate) slow_until: i64,
}

impl Store {
    pub(crate) fn save(&mut self, partition: i32, name: &CheckpointName, bytes: Vec<u8>) {
        let all = self.checkpoints.entry(partition).or_default();
        all.insert(name.clone(), bytes);
        let names = all.keys().cloned().collect();
        for old in name.obsolete(&names) {
            all.remove(old);
        }
    }

    pub(crate) fn save_log(&mut self, at: i64, bytes: Vec<u8>) {
        self.logs.insert(at, bytes);
        while self.logs.len() > 2 {
            self.logs.pop_first();
        }
    }

    /// Flips a bit in the latest checkpoint of a partition that has an older one.
    pub(crate) fn corrupt_latest(&mut self, random: &mut Random) {
        let partition = random.index(4);
        let Some(all) = self.checkpoints.get_mut(&i32::try_from(partition).unwrap()) else {
            return;
        };
        if all.len() < 2 {
            return;
        }
        if let Some(mut latest) = all.last_entry() {
            let bytes = latest.get_mut();
            let bit = random.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// An Alertmanager as its API defines it: alerts by labels with their end.
#[derive(Default)]
pub(crate) struct Alertmanager {
    answers: Option<(Answer, i64)>,
    held: BTreeMap<String, (Timestamp, Listed)>,
    /// By objective: how often it fired, and was resolved.
    notified: BTreeMap<String, (u32, u32)>,
    second: i64,
    now: Option<Timestamp>,
}

impl Alertmanager {
    pub(crate) fn set_answer(&mut self, answer: Answer, until: i64) {
        self.answers = Some((answer, until));
    }

    /// Whether it accepts the notices, as far as the sender can see.
    pub(crate) fn post(&mut self, notices: &[Notice]) -> bool {
        let answer = self.answers.filter(|(_, until)| self.second < *until);
        let answer = answer.map_or(Answer::Yes, |(answer, _)| answer);
        if answer == Answer::No {
            return false;
        }
        let now = self.now.unwrap_or(Timestamp::EVENT_MIN);
        for notice in notices {
            let Some(objective) = notice.labels.get("objective") else { continue };
            let is_over = notice.ends_at <= now;
            let known = self.held.contains_key(&**objective);
            if is_over {
                if known {
                    self.held.remove(&**objective);
                    self.notified.entry(objective.to_string()).or_default().1 += 1;
                }
            } else {
                if !known {
                    self.notified.entry(objective.to_string()).or_default().0 += 1;
                }
                let is_frozen = notice.annotations.contains_key("frozen_since");
                let listed = Listed { updated_at: now, is_frozen };
                self.held.insert(objective.to_string(), (notice.ends_at, listed));
            }
        }
        answer == Answer::Yes
    }

    /// Ends alerts that were not sent again in time.
    pub(crate) fn advance(&mut self, now: Timestamp, second: i64) {
        self.second = second;
        self.now = Some(now);
        let lapsed: Vec<String> = self
            .held
            .iter()
            .filter(|(_, (ends, _))| *ends <= now)
            .map(|(name, _)| name.clone())
            .collect();
        for objective in lapsed {
            self.held.remove(&objective);
            self.notified.entry(objective).or_default().1 += 1;
        }
    }

    /// The alert that it lists. The outer `None` means no answer.
    pub(crate) fn listed(&self, objective: &str) -> Option<Option<Listed>> {
        let answers = self.answers.is_none_or(|(_, until)| self.second >= until);
        answers.then(|| self.held.get(objective).map(|(_, listed)| *listed))
    }

    /// Ends an alert that no process sends any more.
    pub(crate) fn let_lapse(&mut self, objective: &str) {
        if self.held.remove(objective).is_some() {
            self.notified.entry(objective.to_owned()).or_default().1 += 1;
        }
    }

    pub(crate) fn notifications(&self) -> String {
        let line = |objective: &str| {
            let (fired, resolved) = self.notified.get(objective).copied().unwrap_or_default();
            format!("{objective}: fired {fired}, resolved {resolved}\n")
        };
        ["answered", "fine", "forgotten"].map(line).concat()
    }
}
