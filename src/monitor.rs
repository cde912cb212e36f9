//! The watch: the view, the alerts, and whether what they say can be trusted at this instant. Pure: whoever
//! has a clock and partitions drives it.
//!
//! Use, a few times a second: [`Monitor::look`] at the clock; [`Monitor::instant`] is the `now` for all
//! partitions; [`Monitor::advance`], then let the partitions tell [`Monitor::view_mut`];
//! [`Monitor::trust`] or doubt that; [`Monitor::evaluate`] does what is due, and says what must be sent and kept.
//!
//! # Design
//! *Data trouble never resolves an alert*: while there is doubt every verdict is frozen, and so is time for
//! alerts. That a process was away is data trouble, too, so one that starts goes on from the watch log in
//! doubt until it has caught up.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agreement::VerdictState;
use crate::alert::{AlertStateLog, Alerts, Notice, SelfAlerts, Sender, Transition};
use crate::catalog::{Catalog, ObjectiveId};
use crate::responses::Responses;
use crate::time::{Elapsed, MINUTE_MS, SECOND_MS, Timestamp};
use crate::view::View;

/// How far the wall clock may be from what the time that has passed says, before it is doubted.
const JUMP_MAX: Elapsed = Elapsed::from_ms(5 * MINUTE_MS);

/// How long a clock that has jumped must stay there before it is believed.
const SETTLES: Elapsed = Elapsed::from_ms(MINUTE_MS);

/// How often what is known of alerts is kept at least.
const LOG_EVERY: Elapsed = Elapsed::from_ms(15 * SECOND_MS);

/// Holds the wall clock against the time that has passed: one that jumps ahead would empty every window at
/// once, and `now` never goes back.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockGuard {
    /// The clock when it was last believed, and how much time had passed then.
    latest: Option<(Timestamp, Elapsed)>,
    /// When it jumped, and by how many ms.
    jumped: Option<(Elapsed, i64)>,
}

impl ClockGuard {
    /// What time it is when the clock says `wall` after so much time has passed since whenever, and whether
    /// that can be trusted. While it cannot, it is what the time that has passed says.
    pub fn look(&mut self, wall: Timestamp, passed: Elapsed) -> (Timestamp, bool) {
        if let Some((last, last_passed)) = self.latest {
            let expected = last.plus(passed.less(last_passed));
            let jump = wall.ms().saturating_sub(expected.ms());
            if jump.abs() > JUMP_MAX.ms() {
                // Wherever it jumps next, it must stay there anew.
                let stays = |(_, by): &(Elapsed, i64)| (jump - by).abs() <= JUMP_MAX.ms();
                let (since, by) = self.jumped.filter(stays).unwrap_or((passed, jump));
                if passed.less(since) < SETTLES {
                    self.jumped = Some((since, by));
                    return (expected, false);
                }
            }
        }
        self.jumped = None;
        self.latest = Some((wall, passed));
        (wall, true)
    }
}

/// What an evaluation says.
#[derive(Debug)]
pub struct Evaluation {
    /// Its instant, a whole second.
    pub at: Timestamp,
    /// Alerts that went from one status to the next.
    pub transitions: Vec<Transition>,
    /// Objectives that went from not missed to missed.
    pub breaches: Vec<ObjectiveId>,
    /// What must be sent to every Alertmanager.
    pub notices: Vec<Notice>,
    /// What must be kept, where it is time.
    pub log: Option<AlertStateLog>,
}

/// What one process watches.
#[derive(Debug)]
pub struct Monitor {
    catalog: Arc<Catalog>,
    view: View,
    alerts: Alerts,
    self_alerts: SelfAlerts,
    sender: Sender,
    clock_guard: ClockGuard,
    /// What time it is by the clock, and whether it can be trusted.
    clock_says: (Timestamp, bool),
    has_caught_up: bool,
    evaluated_at: Timestamp,
    /// When that was last done without doubt.
    trusted_at: Timestamp,
    logged_at: Timestamp,
    /// Whether each objective was missed when it was last known.
    was_missed: Vec<Option<bool>>,
    /// The samples that each partition has counted, as far as that was ever seen: what goes to another
    /// instance was counted all the same.
    counted: BTreeMap<i32, Arc<Responses>>,
    /// Their sum.
    responses: Arc<Responses>,
}

impl Monitor {
    /// Goes on from what was known of alerts, where that is.
    pub fn new(
        catalog: Arc<Catalog>,
        log: Option<&AlertStateLog>,
        stale_after: Elapsed,
        sender: Sender,
    ) -> Self {
        let mut monitor = Self {
            view: View::new(Arc::clone(&catalog), Timestamp::EVENT_MIN),
            alerts: Alerts::new(&catalog),
            self_alerts: SelfAlerts::new(stale_after),
            sender,
            clock_guard: ClockGuard::default(),
            clock_says: (Timestamp::EVENT_MIN, true),
            has_caught_up: false,
            evaluated_at: Timestamp::EVENT_MIN,
            trusted_at: Timestamp::EVENT_MIN,
            logged_at: Timestamp::EVENT_MIN,
            was_missed: catalog.objectives().map(|_| None).collect(),
            counted: BTreeMap::new(),
            responses: Arc::new(Responses::new(&catalog)),
            catalog,
        };
        if let Some(log) = log {
            monitor.adopt(log);
        }
        monitor
    }

    /// Goes on from what somebody who could trust their data has kept, where that is later than what was
    /// known here: before the first evaluation, and after data could not be trusted.
    pub fn adopt(&mut self, log: &AlertStateLog) {
        if log.evaluated_at() <= self.trusted_at {
            return;
        }
        self.alerts.restore(log, &self.catalog);
        for (id, _, _) in self.catalog.objectives() {
            self.was_missed[id.index()] = Some(log.was_missed(id, &self.catalog));
        }
    }

    /// Judges by other rules from now on. The view is empty until the partitions have told it all; alerts of
    /// objectives that are still agreed stand where they stood, and those of others are no more.
    pub fn adopt_catalog(&mut self, catalog: Arc<Catalog>) {
        let at = self.evaluates_at();
        let log = self.log(at);
        let now = self.view.now();
        for responses in self.counted.values_mut() {
            *responses = Arc::new(responses.by_other_catalog(&self.catalog, &catalog));
        }
        self.responses = Arc::new(self.responses.by_other_catalog(&self.catalog, &catalog));
        self.was_missed = catalog.objectives().map(|_| None).collect();
        self.alerts = Alerts::new(&catalog);
        self.view = View::new(Arc::clone(&catalog), now);
        self.catalog = catalog;
        self.trusted_at = Timestamp::EVENT_MIN;
        self.adopt(&log);
        self.trusted_at = at;
    }

    /// Looks at the clock, after so much time has passed since whenever; whether the clock has just jumped.
    pub fn look(&mut self, wall: Timestamp, passed: Elapsed) -> bool {
        let was_steady = self.clock_says.1;
        self.clock_says = self.clock_guard.look(wall, passed);
        was_steady && !self.clock_says.1
    }

    /// Takes the clock as it is: that of a story jumps as it likes.
    pub fn look_at_accelerated(&mut self, now: Timestamp) {
        self.clock_says = (now, true);
    }

    /// The `now` for all partitions: the wall clock once everything is caught up, before that the latest
    /// event time, at most the wall clock. It never goes back, and where a second has begun since the last
    /// one it is that second: alerts are evaluated on whole ones.
    pub fn instant(&self, is_caught_up: bool, latest_event: Option<Timestamp>) -> Timestamp {
        let wall = self.clock_says.0;
        let now = if is_caught_up || self.has_caught_up {
            wall
        } else {
            latest_event.map_or(self.view.now(), |latest| latest.min(wall))
        };
        let second = now.floor_to(Elapsed::from_ms(SECOND_MS));
        if second > self.view.now() { second } else { now.max(self.view.now()) }
    }

    /// Moves the windows on.
    pub fn advance(&mut self, now: Timestamp) {
        self.view.advance(now);
    }

    /// Whether the clock can be trusted, and is not far behind what was shown already.
    pub fn is_clock_sane(&self) -> bool {
        let (says, is_steady) = self.clock_says;
        is_steady && says.plus(JUMP_MAX) >= self.view.now()
    }

    /// Says whether the data can be trusted now. True when that is so for the first time: this instant is
    /// then from before, and the first to be shown and judged is the next.
    pub fn trust(&mut self, is_trusted: bool) -> bool {
        self.view.set_frozen(!is_trusted);
        let is_first = is_trusted && !self.has_caught_up;
        self.has_caught_up |= is_trusted;
        is_first
    }

    /// Takes note of what a partition has counted. A counter never steps back: one that begins anew, since
    /// its checkpoint is lost, is heard again once it has gone further.
    pub fn count(&mut self, partition: i32, responses: &Arc<Responses>) {
        let known = self.counted.get(&partition).map_or(0, |responses| responses.total());
        if responses.total() > known {
            self.counted.insert(partition, Arc::clone(responses));
            let mut all = Responses::new(&self.catalog);
            self.counted.values().for_each(|responses| all.merge(responses));
            self.responses = Arc::new(all);
        }
    }

    /// Evaluates all objectives, where a second has begun since that was last done. `not_ready` is why the
    /// data cannot be trusted, as [`Monitor::trust`] was told.
    ///
    /// Before it has ever caught up, the view is of the past. What fired when the process last ran is sent
    /// again all the same, and says since when it is not known whether it still holds.
    pub fn evaluate(&mut self, not_ready: Option<&str>) -> Option<Evaluation> {
        let at = self.evaluates_at();
        let second = at.floor_to(Elapsed::from_ms(SECOND_MS));
        let is_time = !self.has_caught_up || at == second;
        (is_time && second > self.evaluated_at).then(|| self.evaluate_at(second, not_ready))
    }

    /// Evaluates once more, and has those that fire sent to last until somebody else watches: a deploy must
    /// neither page nor end a page.
    pub fn shutdown(&mut self, not_ready: Option<&str>) -> Evaluation {
        let at = self.evaluated_at.max(self.evaluates_at());
        let mut evaluation = self.evaluate_at(at, not_ready);
        let final_notices = self.sender.final_notices(&mut self.alerts, &self.view, at);
        // Of one alert the last word counts.
        evaluation
            .notices
            .retain(|told| final_notices.iter().all(|other| other.labels != told.labels));
        evaluation.notices.extend(final_notices);
        evaluation.log = not_ready.is_none().then(|| self.log(at));
        evaluation
    }

    /// The instant that an evaluation now is for: before it has ever caught up, the view is of the past.
    fn evaluates_at(&self) -> Timestamp {
        if self.has_caught_up { self.view.now() } else { self.clock_says.0 }
    }

    fn evaluate_at(&mut self, at: Timestamp, not_ready: Option<&str>) -> Evaluation {
        self.evaluated_at = at;
        if not_ready.is_none() {
            self.trusted_at = at;
        }
        let (mut transitions, mut breaches) = (Vec::new(), Vec::new());
        for (id, _, _) in self.catalog.objectives() {
            let verdicts = self.view.alert_verdicts(id);
            if verdicts.own.state != VerdictState::Frozen {
                let is_missed = verdicts.own.state == VerdictState::Missed;
                let was_missed = self.was_missed[id.index()].replace(is_missed);
                if is_missed && was_missed == Some(false) {
                    breaches.push(id);
                }
            }
            transitions.extend(self.alerts.evaluate(id, verdicts, &self.catalog, at));
        }
        let due = self.sender.take_due(&mut self.alerts, &self.view, at);
        let mut notices: Vec<Notice> = due.into_iter().map(|(notice, _)| notice).collect();
        let is_news = !transitions.is_empty() || !notices.is_empty();
        let is_time = is_news || self.logged_at.plus(LOG_EVERY) <= at;
        // In doubt nothing is news: what somebody who knows has written must not be written over.
        let log = (is_time && not_ready.is_none()).then(|| self.log(at));
        notices.extend(self.self_alerts.take_due(not_ready, &self.sender, at));
        Evaluation { at, transitions, breaches, notices, log }
    }

    fn log(&mut self, at: Timestamp) -> AlertStateLog {
        self.logged_at = at;
        let ids = self.catalog.objectives().map(|(id, _, _)| id);
        let missed = ids.filter(|id| self.was_missed[id.index()] == Some(true));
        AlertStateLog::of(&self.alerts, missed, &self.catalog, at)
    }

    /// The windows.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The windows, for partitions to tell.
    pub fn view_mut(&mut self) -> &mut View {
        &mut self.view
    }

    /// The alerts.
    pub fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// The samples that were counted, each once, of all partitions seen.
    pub fn responses(&self) -> &Arc<Responses> {
        &self.responses
    }

    /// Whether it has ever been trusted.
    pub fn has_caught_up(&self) -> bool {
        self.has_caught_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY_MS;

    #[test]
    fn a_clock_that_jumps_is_believed_once_it_has_stayed_there() {
        let wall = Timestamp::from_ms(100 * DAY_MS);
        let seconds = |count: i64| Elapsed::from_ms(count * SECOND_MS);
        let after = |count| wall.plus(seconds(count));
        let ahead = |count: i64| after(count + 86_400);
        let mut clock_guard = ClockGuard::default();
        let mut look = |passed, says| clock_guard.look(says, seconds(passed));
        assert_eq!(look(0, wall), (wall, true));
        assert_eq!(look(10, after(12)), (after(12), true), "a little off is nothing");
        assert_eq!(look(20, ahead(20)), (after(22), false), "what has passed is what counts");
        assert_eq!(look(30, after(30)), (after(30), true), "it came back, and nothing was lost");
        assert_eq!(look(40, ahead(40)), (after(40), false));
        assert_eq!(look(70, ahead(7_070)), (after(70), false), "elsewhere is another jump");
        assert_eq!(look(80, ahead(80)), (after(80), false));
        assert_eq!(look(139, ahead(139)), (after(139), false));
        assert_eq!(look(140, ahead(140)), (ahead(140), true), "a minute: it is meant");
        assert_eq!(look(141, ahead(141)), (ahead(141), true));
        assert_eq!(look(150, after(150)), (ahead(150), false), "back again is a jump, too");
        assert_eq!(look(210, after(210)), (after(210), true));
    }
}
