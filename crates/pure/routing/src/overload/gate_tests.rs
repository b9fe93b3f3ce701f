//! Gates, and those who wait at them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker as TaskWaker};
use std::time::Duration;

use super::gate::{Gate, UNLIMITED};
use super::room::Room;
use super::waiter::Waiter;
use crate::moment::Moment;

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// One who waits, and how often he was woken.
struct Waiting {
    waiter: Waiter,
    woken: Arc<Woken>,
}

impl Waiting {
    fn at(room: &Arc<Room>, gates: &[&Arc<Gate>]) -> Self {
        let mut waiter = Waiter::enter(room, 10, at(0)).expect("there is room for ten");
        waiter.stand_at(gates.iter().map(|gate| (*gate).clone()).collect(), at(0));
        let mut waiting = Self { waiter, woken: Arc::default() };
        assert!(!waiting.is_called());
        waiting
    }

    fn is_called(&mut self) -> bool {
        let waker = TaskWaker::from(self.woken.clone());
        self.waiter.poll_called(&Context::from_waker(&waker)).is_ready()
    }
}

fn at(ms: u64) -> Moment {
    Moment::after_start(Duration::from_millis(ms))
}

fn full(max: u32) -> Arc<Gate> {
    let gate = Arc::new(Gate::default());
    assert!((0..max).all(|_| gate.enter(max, false)));
    gate
}

#[test]
fn no_more_than_the_limit_go_in_and_the_peak_is_kept() {
    let gate = Gate::default();
    assert!(gate.enter(2, false) && gate.enter(2, false) && !gate.enter(2, false));
    assert!(gate.is_full(2) && !gate.is_full(3) && !gate.is_full(UNLIMITED));
    gate.leave();
    assert!(gate.enter(2, false));
    assert!(gate.enter(UNLIMITED, false));
    (0..3).for_each(|_| gate.leave());
    assert_eq!((gate.active(), gate.peak()), (0, 3));
}

#[test]
fn who_came_first_goes_first_and_nobody_passes_him() {
    let (gate, room) = (full(1), Arc::new(Room::default()));
    let mut first = Waiting::at(&room, &[&gate]);
    let mut second = Waiting::at(&room, &[&gate]);
    assert_eq!((gate.waiting(), room.waiting()), (2, 2));
    gate.leave();
    assert_eq!(first.woken.0.load(Ordering::Relaxed), 1);
    assert!(first.is_called() && !second.is_called());
    assert!(!gate.enter(1, false), "who comes anew stands behind those who wait");
    assert!(gate.enter(1, true));
    first.waiter.go_in(at(5));
    assert!(!second.is_called(), "the place is taken");
    gate.leave();
    assert!(second.is_called() && gate.enter(1, true));
    second.waiter.go_in(at(6));
    assert_eq!((gate.waiting(), room.waiting(), room.peak()), (0, 0, 2));
}

#[test]
fn who_hangs_up_gives_his_place_and_his_call_to_the_next() {
    let (gate, room) = (full(1), Arc::new(Room::default()));
    let first = Waiting::at(&room, &[&gate]);
    let second = Waiting::at(&room, &[&gate]);
    let mut third = Waiting::at(&room, &[&gate]);
    drop(second);
    gate.leave();
    assert!(!third.is_called());
    drop(first);
    assert!(third.is_called() && gate.enter(1, true));
}

#[test]
fn who_stands_at_two_gates_is_called_by_one_and_keeps_nobody_from_the_other() {
    let (left, right, room) = (full(1), full(1), Arc::new(Room::default()));
    let mut first = Waiting::at(&room, &[&left, &right]);
    let mut second = Waiting::at(&room, &[&left, &right]);
    left.leave();
    right.leave();
    assert!(first.is_called() && second.is_called(), "one by each");
    assert!(left.enter(1, true));
    first.waiter.go_in(at(1));
    assert!(right.enter(1, true));
    second.waiter.go_in(at(1));
    assert_eq!((left.waiting(), right.waiting()), (0, 0));
}

#[test]
fn who_was_called_in_vain_keeps_his_turn() {
    let (gate, room) = (full(1), Arc::new(Room::default()));
    let mut first = Waiting::at(&room, &[&gate]);
    let mut second = Waiting::at(&room, &[&gate]);
    gate.call_next();
    assert!(first.is_called() && !gate.enter(1, true));
    first.waiter.stand_at(vec![gate.clone()], at(1));
    gate.leave();
    assert!(first.is_called() && !second.is_called());
}

#[test]
fn the_room_has_an_end() {
    let room = Arc::new(Room::default());
    let waiting: Vec<_> = (0..3).map_while(|_| Waiter::enter(&room, 2, at(0))).collect();
    assert_eq!(waiting.len(), 2);
    drop(waiting);
    assert!(Waiter::enter(&room, 2, at(0)).is_some());
}

#[test]
fn how_long_it_will_take_is_told_by_how_fast_it_has_been_going() {
    let (gate, room) = (full(1), Arc::new(Room::default()));
    let mut crowd: Vec<Waiting> = (0..6).map(|_| Waiting::at(&room, &[&gate])).collect();
    assert_eq!(crowd[5].waiter.outlook(at(0)), Duration::ZERO, "nothing is known yet");
    assert_eq!(crowd[5].waiter.outlook(at(200)), Duration::from_millis(1200), "it takes 200 ms at least");
    for ms in [100, 200, 300] {
        gate.leave();
        let mut next = crowd.remove(0);
        assert!(next.is_called() && gate.enter(1, true));
        next.waiter.go_in(at(ms));
    }
    assert_eq!(crowd[0].waiter.outlook(at(300)), Duration::from_millis(100));
    assert_eq!(crowd[2].waiter.outlook(at(300)), Duration::from_millis(300));
    drop(crowd);
    let late = Waiting::at(&room, &[&gate]);
    assert_eq!(late.waiter.outlook(at(20_000)), Duration::from_secs(20), "what was long ago does not count");
}
