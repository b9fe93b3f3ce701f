//! Who is asked, in what order, and who is not, and why.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use crate::ask::Ask;
use crate::capability::{Capabilities, Capability};
use crate::condition::Condition;
use crate::entry::{Passed, Reason};
use crate::health::{Fault, Outcome, Reach, Switch};
use crate::moment::Moment;
use crate::names::KnownNames;
use crate::plan::{NoTarget, ORDER_MAX, Plan};
use crate::policies::Policy;
use crate::route::{Route, Ways};
use crate::routes::RoutesBuilder;
use crate::target::Target;
use crate::world::{MODEL, World};

fn at(seconds: f64) -> Moment {
    Moment::after_start(Duration::from_secs_f64(seconds))
}

fn reason(plan: &Plan, place: usize) -> Reason {
    plan.passed_over().find(|passed| passed.place == place).expect("it is passed over").reason
}

fn eject(world: &World, place: usize, now: f64) {
    for _ in 0..5 {
        world.asked(place, Outcome::Fault(Fault::Failed), 5, at(now));
    }
}

fn busy(seconds: u64) -> Outcome {
    Outcome::Fault(Fault::Busy { wait: Some(Duration::from_secs(seconds)) })
}

#[test]
fn each_step_of_a_chain_has_its_attempt() {
    let mut world = World::of(&[(3, Policy::Priority), (2, Policy::Priority), (1, Policy::Priority)]);
    assert_eq!(world.order(at(1.0)), [0, 3, 5, 1, 2, 4]);
    world.attempts_max = 4;
    assert_eq!(world.order(at(1.0)), [0, 1, 3, 5, 2, 4], "the first step has what is left over");
}

#[test]
fn who_failed_too_often_comes_last_and_alone_is_asked_all_the_same() {
    let mut world = World::of(&[(1, Policy::Priority), (2, Policy::Priority)]);
    eject(&world, 0, 1.0);
    assert_eq!(world.order(at(1.5)), [1, 2, 0]);
    let plan = world.plan(&Ask::of(MODEL, true), at(1.5)).unwrap();
    assert!(plan.order[2].is_last_resort && !plan.order[0].is_last_resort);
    eject(&world, 1, 1.0);
    eject(&world, 2, 1.0);
    assert_eq!(world.order(at(1.5)), [0, 1, 2], "when all look dead, all are tried");
    assert_eq!(world.order(at(2.5)), [0, 1, 2], "on trial he stands where he belongs");
}

#[test]
fn who_asks_for_patience_is_left_alone_and_alone_refuses() {
    let mut world = World::of(&[(2, Policy::Priority)]);
    world.asked(0, busy(2), 5, at(1.0));
    let plan = world.plan(&Ask::of(MODEL, true), at(1.5)).unwrap();
    assert_eq!(plan.order.len(), 1);
    assert_eq!(reason(&plan, 0), Reason::Busy { wait: Duration::from_millis(1500) });
    world.asked(1, busy(7), 5, at(1.0));
    let refused = world.plan(&Ask::of(MODEL, true), at(1.5)).unwrap_err();
    assert_eq!(refused, NoTarget::Busy { wait: Duration::from_millis(1500) }, "the sooner of the two");
}

#[test]
fn who_is_switched_off_or_drains_is_not_asked() {
    let mut world = World::of(&[(3, Policy::Priority)]);
    let whole = |switch| (switch, Vec::new());
    let one = |model: &str, switch| (Switch::On, vec![(Arc::from(model), switch)]);
    let set = |world: &World, place: usize, (all, models)| {
        world.health.providers[place].ways[0].set_switches(all, models);
    };
    set(&world, 0, whole(Switch::Off));
    set(&world, 1, one("up", Switch::Draining));
    set(&world, 2, one("another", Switch::Off));
    let plan = world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap();
    assert_eq!(plan.order.iter().map(|attempt| attempt.place).collect::<Vec<_>>(), [2]);
    assert_eq!((reason(&plan, 0), reason(&plan, 1)), (Reason::SwitchedOff, Reason::Draining));
    let goes_on = Ask { goes_on: true, ..Ask::of(MODEL, true) };
    let plan = world.plan(&goes_on, at(1.0)).unwrap();
    assert_eq!(plan.order.iter().map(|attempt| attempt.place).collect::<Vec<_>>(), [1, 2]);
    set(&world, 2, whole(Switch::Off));
    assert_eq!(world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap_err(), NoTarget::SwitchedOff);
}

#[test]
fn whom_probes_do_not_find_comes_last() {
    let mut world = World::of(&[(2, Policy::Priority)]);
    world.health.providers[0].ways[0].probed(Reach::Unreachable, at(1.0));
    assert_eq!(world.order(at(1.0)), [1, 0]);
    world.health.providers[1].ways[0].probed(Reach::Unreachable, at(1.0));
    assert_eq!(world.order(at(1.0)), [0, 1], "where nobody is found, all are tried");
    world.health.providers[0].ways[0].probed(Reach::Answering, at(1.0));
    assert_eq!(world.order(at(1.0)), [0, 1]);
}

#[test]
fn whose_limit_is_used_up_comes_last_until_it_is_filled_again() {
    let mut world = World::of(&[(1, Policy::Priority), (1, Policy::Priority)]);
    let used_up = |world: &World, place: usize, model: &str, seconds| {
        let provider = &world.health.providers[place];
        let model = provider.models.of(model);
        provider.ways[0].key.used_up(model, Duration::from_secs(seconds), at(1.0));
    };
    used_up(&world, 0, "another", 20);
    assert_eq!(world.order(at(1.5)), [0, 1], "it is another model's");
    used_up(&world, 0, "up", 20);
    assert_eq!(world.order(at(1.5)), [1, 0]);
    let plan = world.plan(&Ask::of(MODEL, true), at(1.5)).unwrap();
    assert_eq!(plan.reason(0), Some(Reason::LimitUsedUp { wait: Duration::from_millis(19_500) }));
    used_up(&world, 1, "up", 30);
    assert_eq!(
        world.order(at(1.5)),
        [0, 1],
        "a hint is no refusal: where nobody else is left, all are tried"
    );
    assert_eq!(world.order(at(21.5)), [0, 1]);
    let plan = world.plan(&Ask::of(MODEL, true), at(21.5)).unwrap();
    assert!(!plan.order[0].is_last_resort && plan.order[1].is_last_resort);
}

#[test]
fn who_could_not_be_reached_is_tried_when_a_probe_finds_him_and_who_failed_is_not() {
    let mut world = World::of(&[(1, Policy::Priority), (1, Policy::Priority), (1, Policy::Priority)]);
    for (place, fault) in [(0, Fault::Unreachable), (1, Fault::Failed)] {
        for _ in 0..5 {
            world.asked(place, Outcome::Fault(fault), 5, at(1.0));
        }
        world.health.providers[place].ways[0].probed(Reach::Answering, at(1.1));
    }
    assert_eq!(world.order(at(1.1)), [0, 2, 1], "that he is there does not say that he answers calls");
}

#[test]
fn a_small_context_is_left_out_where_another_is_large_enough() {
    let sizes = [Some(8_000), None, Some(200_000)];
    let size = |target: Target| Target { context_tokens: sizes[usize::from(target.provider)], ..target };
    let mut world = World::with(&[(3, Policy::Priority)], size);
    let ask = Ask { tokens: 50_000, ..Ask::of(MODEL, true) };
    let plan = world.plan(&ask, at(1.0)).unwrap();
    assert_eq!(plan.order.iter().map(|attempt| attempt.place).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(reason(&plan, 0), Reason::ContextTooSmall { tokens_max: 8_000 });
    let mut alone = World::with(&[(1, Policy::Priority)], size);
    assert_eq!(alone.plan(&ask, at(1.0)).unwrap().order.len(), 1, "an estimate refuses nobody");
}

#[test]
fn whoever_cannot_do_it_is_left_out_where_another_can() {
    let [seeing, hearing] = [Capability::Images, Capability::Audio].map(|one| [one].into_iter().collect());
    let lacks = |target: Target| {
        let lacks: Capabilities =
            if target.provider == 1 { hearing } else { Capabilities::or(seeing, hearing) };
        Target { lacks, ..target }
    };
    let mut world = World::with(&[(2, Policy::Priority)], lacks);
    let looked = Cell::new(0);
    let mut order = |needed: Capabilities| {
        let needs = |asked: Capabilities| {
            looked.set(looked.get() + 1);
            needed.and(asked)
        };
        let plan = world.plan(&Ask { needs: &needs, ..Ask::of(MODEL, true) }, at(1.0)).unwrap();
        let reason = plan.passed_over().find(|passed| passed.place == 0).map(|passed| passed.reason);
        (plan.order.iter().map(|attempt| attempt.place).collect::<Vec<_>>(), reason)
    };
    assert_eq!(order(seeing), (vec![1], Some(Reason::Unable("images"))));
    assert_eq!(order(Capabilities::NONE).0, [0, 1]);
    assert_eq!(order(hearing).0, [0, 1], "where nobody is known to hear, they say so themselves");
    assert_eq!(looked.get(), 3);
    let mut alike = World::with(&[(2, Policy::Priority)], |target| Target { lacks: seeing, ..target });
    let needs = |_| panic!("nobody differs: what is needed is not looked for");
    assert_eq!(alike.plan(&Ask { needs: &needs, ..Ask::of(MODEL, true) }, at(1.0)).unwrap().order.len(), 2);
}

#[test]
fn tags_of_keys_decide_who_is_for_whom() {
    let shop = [("team".to_owned(), Some("shop".to_owned())), ("paid".to_owned(), None)];
    let shop = Arc::new(Condition { tags: shop.into(), ..Condition::default() });
    let condition = |target: Target| {
        let condition = [Some(shop.clone()), None][usize::from(target.provider)].clone();
        Target { condition, ..target }
    };
    let mut world = World::with(&[(2, Policy::Priority)], condition);
    let mut first = |tags: &[(&'static str, &'static str)]| {
        let tag = |name: &str| tags.iter().find(|(tag, _)| *tag == name).map(|(_, value)| *value);
        world.plan(&Ask { tag: &tag, ..Ask::of(MODEL, true) }, at(1.0)).unwrap().order[0].place
    };
    assert_eq!(first(&[("team", "shop"), ("paid", "")]), 0);
    assert_eq!(first(&[("team", "lab"), ("paid", "yes")]), 1);
    assert_eq!(first(&[("team", "shop")]), 1, "all that is said must hold");
    assert_eq!(first(&[]), 1);
}

#[test]
fn conditions_decide_who_is_for_whom() {
    let vip =
        Arc::new(Condition { headers: vec![("x-tier".into(), Some("vip".into()))], ..Condition::default() });
    let large = Arc::new(Condition { tokens_min: Some(1000), ..Condition::default() });
    let condition = |target: Target| {
        let condition = [Some(vip.clone()), Some(large.clone()), None][usize::from(target.provider)].clone();
        Target { condition, ..target }
    };
    let mut world = World::with(&[(3, Policy::Priority)], condition);
    let mut order = |header: Option<&'static str>, tokens| {
        let says = move |name: &str| header.filter(|_| name == "x-tier");
        let ask = Ask { header: &says, tokens, ..Ask::of(MODEL, true) };
        let plan = world.plan(&ask, at(1.0)).unwrap();
        plan.order.iter().map(|attempt| attempt.place).collect::<Vec<_>>()
    };
    assert_eq!(order(Some("vip"), 10), [0, 2]);
    assert_eq!(order(Some("other"), 2000), [1, 2]);
    assert_eq!(order(None, 10), [2]);
}

#[test]
fn a_caller_may_name_whom_he_likes_best_or_want_no_fallback() {
    let name = |target: Target| Target {
        model: Some(Arc::from(["a", "b", "c"][usize::from(target.provider)])),
        ..target
    };
    let mut world = World::with(&[(1, Policy::Priority), (1, Policy::Priority), (1, Policy::Priority)], name);
    let ask = Ask { prefers: Some("c"), ..Ask::of(MODEL, true) };
    let plan = world.plan(&ask, at(1.0)).unwrap();
    let providers: Vec<u16> = plan.order.iter().map(|attempt| plan.target(attempt.place).provider).collect();
    assert_eq!(providers, [2, 0, 1]);
    let ask = Ask { prefers: Some("mm"), ..Ask::of(MODEL, true) };
    let unknown = NoTarget::UnknownPreference { nearest: vec!["m".to_owned()] };
    assert_eq!(world.plan(&ask, at(1.0)).unwrap_err(), unknown);
    let ask = Ask { is_without_fallback: true, ..Ask::of(MODEL, true) };
    let plan = world.plan(&ask, at(1.0)).unwrap();
    assert_eq!(plan.order.len(), 1);
    assert_eq!(reason(&plan, 2), Reason::FallbackOff);
}

#[test]
fn a_preferred_model_by_whose_providers_the_key_is_not_served_is_refused_and_not_replaced() {
    let name = |target: Target| Target {
        model: Some(Arc::from(["a", "b", "b"][usize::from(target.provider)])),
        ..target
    };
    let mut world = World::with(&[(1, Policy::Priority), (2, Policy::Priority)], name);
    let mut preferring = |preferred, closed: &[u16]| {
        let ask = Ask { prefers: Some(preferred), ..Ask::of(MODEL, true) };
        let unfit = |target: &Target| closed.contains(&target.provider).then_some(Reason::KeyScope);
        let plan = world.plan_but(&ask, unfit, at(1.0))?;
        Ok(plan.order.iter().map(|attempt| plan.target(attempt.place).provider).collect::<Vec<_>>())
    };
    assert_eq!(preferring("b", &[1, 2]), Err(NoTarget::PreferenceKeyScope));
    assert_eq!(preferring("b", &[1]), Ok(vec![2, 0]), "one of them is enough");
    assert_eq!(preferring("a", &[1, 2]), Ok(vec![0]));
    assert_eq!(preferring(MODEL, &[0, 1, 2]), Err(NoTarget::PreferenceKeyScope));
    assert_eq!(preferring(MODEL, &[0]), Ok(vec![1, 2]), "what the name's own chain leads to will do");
}

#[test]
fn everybody_is_in_the_order_or_has_a_reason() {
    let mut world = World::of(&[(40, Policy::Balanced), (30, Policy::Weighted)]);
    eject(&world, 3, 1.0);
    let plan = world.plan(&Ask::of(MODEL, true), at(1.5)).unwrap();
    let passed = plan.passed_over().map(|Passed { place, .. }| place);
    let mut all: Vec<usize> = plan.order.iter().map(|attempt| attempt.place).chain(passed).collect();
    all.sort_unstable();
    assert_eq!(all, (0..70).collect::<Vec<_>>());
}

#[test]
fn a_preferred_name_is_sent_as_such_and_nobody_stands_in_the_order_twice() {
    let mut builder = RoutesBuilder::default();
    builder.provider("one", 0, Ways::of_lines(1), None);
    let names = ["big", "small"].map(|name| (name.to_owned(), name.to_owned()));
    builder.known(&KnownNames { names: names.into(), are_all: true, ..KnownNames::default() });
    let mut chain = Route::default();
    for name in ["big", "small"] {
        chain.add([Target::by(0, 0, Some(name.into()))], Policy::Balanced, true);
    }
    builder.model("smart", &chain);
    let mut world = World::of(&[(1, Policy::Priority)]);
    world.routes = builder.build();
    let mut sent = |asked: &str, prefers: &str| {
        let plan = world.plan(&Ask { prefers: Some(prefers), ..Ask::of(asked, true) }, at(1.0)).unwrap();
        let names =
            plan.order.iter().map(|attempt| plan.target(attempt.place).model.as_deref().map(str::to_owned));
        names.collect::<Vec<_>>()
    };
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(sent("big", "small"), [name("small"), None], "the one that was asked for is sent as it was");
    assert_eq!(sent("smart", "small"), [name("small"), name("big")]);
    assert_eq!(sent("big", "smart"), [name("big"), name("small"), None]);
}

#[test]
fn of_many_a_few_are_drawn_as_well_as_of_all() {
    let mut world = World::of(&[(100, Policy::Balanced)]);
    for place in 0..100 {
        world.asked(place, Outcome::Answered, if place < 33 { 900 } else { 20 }, at(1.0));
    }
    let mut firsts = [0_u32; 100];
    (0..10_000).for_each(|_| firsts[world.order(at(1.0))[0]] += 1);
    let slow: u32 = firsts[..33].iter().sum();
    assert!(slow < 700, "{slow} of 10,000 at the slow third");
    let (least, most) = (firsts[33..].iter().min().unwrap(), firsts[33..].iter().max().unwrap());
    assert!(*least > 70 && *most < 300, "{least} to {most} of 144 in the middle");
    for place in 0..99 {
        eject(&world, place, 2.0);
    }
    for _ in 0..100 {
        let order = world.order(at(2.5));
        assert_eq!((order[0], order.len()), (99, ORDER_MAX), "the only one who is well is found among all");
    }
}
