//! Waking devices that are away: who is to be knocked for, and when. Decides in memory; [`crate::shell`] knocks (docs/spec/wake.md).

pub mod endpoint;
mod key;

pub use endpoint::Endpoint;
pub use key::{PushKey, WakeSeal};

use std::collections::{HashMap, VecDeque};
use wire::{Hash32, LogId, Millis, PassHash, Seq, limits};

/// A device for which something waits in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knock {
    pub log: LogId,
    pub pass: PassHash,
    /// What waits: the device is here if its pass has acknowledged this.
    pub head: Seq,
    pub endpoint: Endpoint,
}

/// Knocks that wait a moment, and devices that were knocked for and have not been back. Nothing here is stored.
#[derive(Default)]
pub struct Alarm {
    /// In the order in which they are due.
    waiting: VecDeque<(Millis, Knock)>,
    /// The passes of those that wait, by a hash of their endpoint.
    devices: HashMap<Hash32, Vec<PassHash>>,
    desk: DeskRound,
    /// When it was knocked for a device, by a hash of its endpoint.
    knocked: HashMap<Hash32, Millis>,
    /// The passes for which it was: a device that shows one is back.
    passes: HashMap<PassHash, Hash32>,
}

/// Knocks for the safety desk go out together, one round in [`limits::DESK_WAKE_EVERY`]: anybody can drop something there.
#[derive(Default)]
struct DeskRound {
    waiting: Vec<Knock>,
    /// When they go out.
    at: Millis,
    /// When the next round may, at the soonest.
    next: Millis,
}

impl DeskRound {
    fn add(&mut self, now: Millis, knocks: Vec<Knock>) {
        if self.waiting.is_empty() {
            // A clock that was set back makes nobody wait for long.
            let next = if self.next.since(now) > limits::DESK_WAKE_EVERY { now } else { self.next };
            self.at = next.max(now.plus(limits::WAKE_PATIENCE));
        }
        for knock in knocks {
            if self.waiting.iter().all(|other| (other.pass, &other.endpoint) != (knock.pass, &knock.endpoint)) {
                self.waiting.push(knock);
            }
        }
    }

    fn due(&mut self, now: Millis) -> Vec<Knock> {
        let early = self.at > now && self.at.since(now) <= limits::DESK_WAKE_EVERY;
        if self.waiting.is_empty() || early {
            return Vec::new();
        }
        self.next = now.plus(limits::DESK_WAKE_EVERY);
        std::mem::take(&mut self.waiting)
    }
}

impl Alarm {
    /// Takes in devices for which something waits. Those that are here have a moment to acknowledge it: a line that looks alive may be dead.
    pub fn add(&mut self, now: Millis, knocks: Vec<Knock>) {
        let at = now.plus(limits::WAKE_PATIENCE);
        for knock in knocks {
            if self.waiting.len() < limits::WAKES_WAITING_MAX {
                self.wait(now, at, knock);
            }
        }
    }

    /// There was no turn for a knock that is due: it waits on. One half of what may wait is kept for those that come.
    pub fn put_off(&mut self, now: Millis, knock: Knock) {
        if self.waiting.len() < limits::WAKES_WAITING_MAX / 2 {
            self.wait(now, now, knock);
        }
    }

    fn wait(&mut self, now: Millis, at: Millis, knock: Knock) {
        let print = knock.endpoint.print();
        if self.is_asleep(now, &print) {
            return;
        }
        let passes = self.devices.entry(print).or_default();
        if passes.len() < limits::WAKES_OF_A_DEVICE && !passes.contains(&knock.pass) {
            passes.push(knock.pass);
            // What was put off is due before what has just come.
            let place = self.waiting.partition_point(|(other, _)| *other <= at);
            self.waiting.insert(place, (at, knock));
        }
    }

    fn next(&mut self) -> Option<Knock> {
        let (_, knock) = self.waiting.pop_front()?;
        let print = knock.endpoint.print();
        if let Some(passes) = self.devices.get_mut(&print) {
            passes.retain(|pass| *pass != knock.pass);
            if passes.is_empty() {
                self.devices.remove(&print);
            }
        }
        Some(knock)
    }

    /// Takes in the devices of the desk's members: something was dropped there. Who reads in between has seen it.
    pub fn add_for_desk(&mut self, now: Millis, knocks: Vec<Knock>) {
        self.desk.add(now, knocks);
    }

    /// Knocks whose moment is over. Whoever asks looks whether the device was here in between.
    pub fn due(&mut self, now: Millis) -> Vec<Knock> {
        self.knocked.retain(|_, at| now.since(*at) < limits::WAKE_EVERY);
        let knocked = &self.knocked;
        self.passes.retain(|_, print| knocked.contains_key(print));
        let mut due = self.desk.due(now);
        // A clock that was set back makes nobody wait for long: what is too far ahead goes first.
        let near = self.waiting.partition_point(|(at, _)| at.since(now) <= limits::WAKE_PATIENCE);
        self.waiting.rotate_left(near);
        while self.waiting.front().is_some_and(|(at, _)| *at <= now || at.since(now) > limits::WAKE_PATIENCE) {
            due.extend(self.next());
        }
        due
    }

    /// Whether to knock now; then it is noted, and not again before the device has been back or the time between two is over.
    pub fn ring(&mut self, now: Millis, knock: &Knock) -> bool {
        let print = knock.endpoint.print();
        if self.is_asleep(now, &print) || self.knocked.len() >= limits::WAKES_REMEMBERED_MAX {
            return false;
        }
        self.knocked.insert(print, now);
        self.passes.insert(knock.pass, print);
        true
    }

    /// Whether a knock arrived is not known: the next message knocks again.
    pub fn lost(&mut self, knock: &Knock) {
        self.knocked.remove(&knock.endpoint.print());
        self.passes.remove(&knock.pass);
    }

    /// A device shows its passes: it is back.
    pub fn back(&mut self, passes: impl Iterator<Item = PassHash>) {
        if self.passes.is_empty() && self.desk.waiting.is_empty() {
            return;
        }
        for pass in passes {
            self.desk.waiting.retain(|knock| knock.pass != pass);
            if let Some(print) = self.passes.remove(&pass) {
                self.knocked.remove(&print);
            }
        }
    }

    fn is_asleep(&self, now: Millis, print: &Hash32) -> bool {
        self.knocked.get(print).is_some_and(|at| now.since(*at) < limits::WAKE_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knock(pass: u8, device: &str) -> Knock {
        let endpoint = Endpoint::parse(&format!("https://push.example/{device}")).unwrap();
        Knock { log: LogId([pass; 32]), pass: PassHash([pass; 32]), head: Seq(1), endpoint }
    }

    fn after(ms: u64) -> Millis {
        Millis(1_000_000 + ms)
    }

    fn ring_due(alarm: &mut Alarm, now: Millis) -> usize {
        let due = alarm.due(now);
        due.into_iter().filter(|knock| alarm.ring(now, knock)).count()
    }

    #[test]
    fn a_device_is_knocked_for_once_until_it_was_back() {
        let mut alarm = Alarm::default();
        alarm.add(after(0), vec![knock(1, "a"), knock(2, "a"), knock(3, "b")]);
        assert_eq!(ring_due(&mut alarm, after(limits::WAKE_PATIENCE - 1)), 0, "a moment first");
        assert_eq!(ring_due(&mut alarm, after(limits::WAKE_PATIENCE)), 2, "one a device, whatever the chat");
        alarm.add(after(10_000), vec![knock(2, "a"), knock(1, "a")]);
        assert_eq!(ring_due(&mut alarm, after(60_000)), 0);
        alarm.back([PassHash([9; 32]), PassHash([1; 32])].into_iter());
        alarm.add(after(70_000), vec![knock(2, "a"), knock(3, "b")]);
        assert_eq!(ring_due(&mut alarm, after(80_000)), 1, "it was back; the other was not");
    }

    #[test]
    fn who_stays_away_is_knocked_for_again_after_a_while_and_nothing_is_remembered_for_ever() {
        let mut alarm = Alarm::default();
        alarm.add(after(0), vec![knock(1, "a")]);
        assert_eq!(ring_due(&mut alarm, after(limits::WAKE_PATIENCE)), 1);
        let later = limits::WAKE_PATIENCE + limits::WAKE_EVERY;
        alarm.add(after(later - 1), vec![knock(1, "a")]);
        assert_eq!(ring_due(&mut alarm, after(later + limits::WAKE_PATIENCE)), 0);
        alarm.add(after(later), vec![knock(1, "a")]);
        assert_eq!(ring_due(&mut alarm, after(later + limits::WAKE_PATIENCE)), 1);
        alarm.due(after(3 * later));
        assert_eq!((alarm.knocked.len(), alarm.passes.len(), alarm.waiting.len()), (0, 0, 0));
    }

    #[test]
    fn the_desk_is_knocked_for_once_in_a_while_and_for_nobody_who_has_read_in_between() {
        let mut alarm = Alarm::default();
        let both = || vec![knock(1, "a"), knock(2, "b")];
        alarm.add_for_desk(after(0), both());
        assert_eq!(ring_due(&mut alarm, after(limits::WAKE_PATIENCE)), 2);
        // Both are back, and whoever floods makes one round of it.
        alarm.back([PassHash([1; 32]), PassHash([2; 32])].into_iter());
        let next = limits::WAKE_PATIENCE + limits::DESK_WAKE_EVERY;
        let flood: usize = (limits::WAKE_PATIENCE + 1..next)
            .step_by(1000)
            .map(|ms| {
                alarm.add_for_desk(after(ms), both());
                ring_due(&mut alarm, after(ms))
            })
            .sum();
        assert_eq!(flood, 0);
        alarm.back([PassHash([1; 32])].into_iter());
        assert_eq!(ring_due(&mut alarm, after(next)), 1, "what came is knocked for, when nobody has read it");
        // A clock that was set back an hour makes nobody wait for it.
        alarm.back([PassHash([2; 32])].into_iter());
        let back = Millis(0);
        alarm.add_for_desk(back, both());
        assert_eq!(ring_due(&mut alarm, back.plus(limits::WAKE_PATIENCE)), 2);
    }

    #[test]
    fn one_device_has_a_few_places_however_many_passes_it_has() {
        let mut alarm = Alarm::default();
        alarm.add(after(0), (0..200).map(|pass| knock(pass, "a")).chain([knock(1, "b")]).collect());
        alarm.add(after(0), vec![knock(1, "a"), knock(1, "b")]);
        assert_eq!(alarm.waiting.len(), limits::WAKES_OF_A_DEVICE + 1);
        assert_eq!(ring_due(&mut alarm, after(limits::WAKE_PATIENCE)), 2);
        assert!(alarm.waiting.is_empty() && alarm.devices.is_empty());
    }

    #[test]
    fn what_was_not_heard_of_or_had_no_turn_is_knocked_for_again() {
        let mut alarm = Alarm::default();
        alarm.add(after(0), vec![knock(1, "a"), knock(2, "b")]);
        let [a, b]: [Knock; 2] = alarm.due(after(limits::WAKE_PATIENCE)).try_into().unwrap();
        assert!(alarm.ring(after(6000), &a));
        alarm.lost(&a);
        alarm.add(after(6000), vec![knock(3, "c")]);
        alarm.put_off(after(6000), b);
        assert_eq!(ring_due(&mut alarm, after(7000)), 1, "the one without a turn, at once, whatever has come since");
        alarm.add(after(8000), vec![knock(1, "a"), knock(2, "b")]);
        assert_eq!(ring_due(&mut alarm, after(20_000)), 2, "the lost one, by the next message, and what has come");
        let many = (0..2 * limits::WAKES_WAITING_MAX).map(|n| knock(1, &n.to_string()));
        many.for_each(|knock| alarm.put_off(after(30_000), knock));
        assert_eq!(alarm.waiting.len(), limits::WAKES_WAITING_MAX / 2, "room is left for those that come");
    }

    #[test]
    fn after_a_clock_was_set_back_nobody_waits_behind_those_that_come() {
        let mut alarm = Alarm::default();
        alarm.add(after(limits::WAKE_EVERY), vec![knock(1, "a")]);
        alarm.add(after(0), vec![knock(2, "b")]);
        assert_eq!(ring_due(&mut alarm, after(0)), 1, "the one from before");
        assert_eq!(ring_due(&mut alarm, after(limits::WAKE_PATIENCE)), 1);
    }

    #[test]
    fn a_flood_waits_no_further_than_its_limit() {
        let mut alarm = Alarm::default();
        let many = (0..2 * limits::WAKES_WAITING_MAX).map(|n| knock(1, &n.to_string())).collect();
        alarm.add(after(0), many);
        assert_eq!(alarm.waiting.len(), limits::WAKES_WAITING_MAX);
    }
}
