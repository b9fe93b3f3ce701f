//! Which names resolve to whom.

use std::time::Duration;

use super::{Routes, RoutesBuilder};
use crate::capability::Capabilities;
use crate::names::{KnownNames, Retired};
use crate::policies::Policy;
use crate::route::{Route, Ways};
use crate::target::{Target, TargetLimits, Traits};

fn one(provider: u16, model: &str) -> Route {
    let mut route = Route::default();
    route.add([Target::by(provider, 0, Some(model.into()))], Policy::Balanced, true);
    route
}

fn example() -> Routes {
    let mut builder = RoutesBuilder::default();
    builder.provider("openai", 0, Ways::of_lines(1), None);
    builder.provider("local", 1, Ways::of_lines(2), Some(&["llama".to_owned(), "qwen".to_owned()]));
    builder.model("fast", &one(1, "llama"));
    builder.model("qwen", &one(0, "qwen-max"));
    builder.build()
}

fn places(routes: &Routes, name: &str) -> Vec<(u16, u16, Option<String>)> {
    let found = routes.find(name).unwrap();
    found.targets.iter().map(|t| (t.provider, t.line, t.model.as_deref().map(str::to_owned))).collect()
}

#[test]
fn names_resolve_in_documented_order() {
    let routes = example();
    assert_eq!(places(&routes, "fast"), [(1, 0, Some("llama".into()))]);
    assert_eq!(
        places(&routes, "qwen"),
        [(0, 0, Some("qwen-max".into()))],
        "a configured model replaces a listed one"
    );
    assert_eq!(places(&routes, "llama"), [(1, 0, Some("llama".into())), (1, 1, Some("llama".into()))]);
    assert_eq!(places(&routes, "local/qwen"), [(1, 0, Some("qwen".into())), (1, 1, Some("qwen".into()))]);
    assert_eq!(places(&routes, "openai/gpt-9"), [(0, 0, Some("gpt-9".into()))]);
    assert_eq!(places(&routes, "anything"), [(0, 0, None)]);
    assert_eq!(
        places(&routes, "local/other"),
        [(0, 0, None)],
        "an unlisted name goes to the provider that takes any"
    );
}

const BIG: Traits = Traits { context_tokens: Some(9_000), lacks: Capabilities::NONE, price: Some(3) };

fn known(names: &[(&str, &str)], retired: &[&str]) -> KnownNames {
    let text = |name: &&str| (*name).to_owned();
    let gone = Retired { since: "2026-01-01".to_owned(), successor: Some("new".to_owned()) };
    KnownNames {
        names: names.iter().map(|(asked, called)| (text(asked), text(called))).collect(),
        traits: [("big-1".to_owned(), BIG)].into(),
        retired: retired.iter().map(|name| (text(name), gone.clone())).collect(),
        listed: vec!["big-1".to_owned()],
        are_all: true,
    }
}

/// Two vendors whose models are known, one that lists its own, and (place 3) a stranger that takes any name.
fn vendors(has_stranger: bool) -> Routes {
    let mut builder = RoutesBuilder::default();
    builder.provider("first", 0, Ways::of_lines(1), None);
    builder.known(&known(&[("small-1", "small-1"), ("small", "small-1")], &["tiny-1"]));
    builder.provider("second", 1, Ways::of_lines(1), None);
    builder.known(&known(&[("big-1", "big-1"), ("big", "big-1")], &[]));
    builder.provider("third", 2, Ways::of_lines(1), Some(&["big-1".to_owned()]));
    builder.known(&known(&[("big-1", "big-1"), ("big", "big-1"), ("huge", "huge-1")], &[]));
    if has_stranger {
        builder.provider("fourth", 3, Ways::of_lines(1), None);
    }
    builder.build()
}

#[test]
fn a_known_name_goes_to_those_who_know_it() {
    let routes = vendors(false);
    assert_eq!(places(&routes, "small"), [(0, 0, Some("small-1".into()))]);
    assert_eq!(places(&routes, "small-1"), [(0, 0, None)]);
    assert_eq!(places(&routes, "big"), [(1, 0, Some("big-1".into())), (2, 0, Some("big-1".into()))]);
    assert_eq!(places(&routes, "third/big"), [(2, 0, Some("big-1".into()))]);
    assert_eq!(places(&routes, "second/big"), [(1, 0, Some("big-1".into()))]);
    assert_eq!(places(&routes, "second/new"), [(1, 0, Some("new".into()))]);
    assert_eq!(places(&routes, "newer-than-we"), [(0, 0, None), (1, 0, None)]);
    assert_eq!(places(&routes, "huge"), [(0, 0, None), (1, 0, None)], "the third lists another");
    let listed: Vec<_> = routes.listed().map(|listed| (&*listed.name, listed.provider)).collect();
    assert_eq!(listed, [("first/*", 0), ("second/*", 1), ("big-1", 2)]);
}

#[test]
fn a_name_that_is_not_listed_may_say_who_is_meant() {
    let routes = vendors(true);
    let meant = |name: &str| routes.meant(name).map(|(provider, model)| (provider, model.to_string()));
    assert_eq!(meant("small"), Some((0, "small-1".to_owned())));
    assert_eq!(meant("third/big"), Some((2, "big-1".to_owned())));
    assert_eq!(meant("second/new"), Some((1, "new".to_owned())));
    for unheard in ["newer-than-we", "second/", "nobody/big", "/", ""] {
        assert_eq!(meant(unheard), None, "{unheard}");
    }
}

#[test]
fn a_stranger_who_takes_any_name_is_asked_last() {
    let routes = vendors(true);
    assert_eq!(places(&routes, "small"), [(0, 0, Some("small-1".into())), (3, 0, None)]);
    assert_eq!(places(&routes, "tiny-1"), [(3, 0, None)]);
}

#[test]
fn a_retired_name_is_served_by_nobody_who_knows_it() {
    let routes = vendors(false);
    assert!(!routes.knows("tiny-1") && routes.knows("first/tiny-1"));
    assert_eq!(routes.retired("tiny-1").unwrap().successor.as_deref(), Some("new"));
    assert_eq!(routes.retired("small-1"), None);
}

#[test]
fn without_open_providers_unknown_names_are_unknown() {
    let mut builder = RoutesBuilder::default();
    builder.provider(
        "local",
        0,
        Ways::of_lines(1),
        Some(&["gpt-4o-mini".to_owned(), "gpt-4o".to_owned(), "llama".to_owned()]),
    );
    let routes = builder.build();
    assert!(!routes.knows("gpt-4o-maxi") && !routes.knows("local/") && routes.knows("local/llama"));
    assert_eq!(routes.nearest("gpt-40-mini", 3), ["gpt-4o-mini"]);
    assert!(routes.nearest("zzzzzzzzzzzzzz", 3).is_empty());
}

#[test]
fn what_is_known_of_a_model_is_known_by_whatever_name_it_is_asked() {
    let routes = vendors(true);
    for name in ["big", "big-1", "second/big", "third/big-1"] {
        let route = routes.find(name).unwrap();
        let of_stranger = |target: &&Target| target.provider == 3;
        let sizes = |target: &Target| target.context_tokens;
        let known = route.targets.iter().filter(|target| !of_stranger(target));
        assert!(known.map(sizes).all(|size| size == Some(9_000)), "{name}");
        assert!(route.targets.iter().filter(of_stranger).map(sizes).all(|size| size.is_none()), "{name}");
    }
    assert!(routes.is_known("big") && routes.is_known("fourth/anything") && !routes.is_known("tiny-1"));
    assert!(!routes.is_known("anything"), "a stranger may serve it, and nobody knows");
}

#[test]
fn choices_are_remembered_by_whatever_name_a_model_is_asked() {
    let mut builder = RoutesBuilder::default();
    builder.provider("one", 0, Ways::of_lines(2), None);
    builder.known(&known(&[("small-1", "small-1"), ("small", "small-1")], &[]));
    let routes = builder.build();
    for name in ["one/small", "small", "small-1"] {
        let next = || routes.find(name).unwrap().tiers[0].round(true);
        assert_eq!([next(), next(), next()], [0, 1, 2], "{name}");
    }
    let preferred = routes.find("small").unwrap().with_first("small-1").unwrap();
    assert_eq!(preferred.tiers[0].round(true), 3);
}

#[test]
fn limits_are_changed_where_there_are_any() {
    let limits = TargetLimits { attempt: Some(Duration::from_secs(20)), ..TargetLimits::default() };
    let mut builder = RoutesBuilder::default();
    builder.provider("a", 0, Ways::of_lines(1), None);
    builder.model("limited", &one(0, "m").with_limits(&limits));
    builder.model("free", &one(0, "m"));
    let halved = builder.build().with_limits(|limits| TargetLimits {
        attempt: limits.attempt.map(|limit| limit / 2),
        ..limits.clone()
    });
    let limit = |name: &str| halved.find(name).unwrap().targets[0].attempt_limit(true);
    assert_eq!((limit("limited"), limit("free")), (Some(Duration::from_secs(10)), None));
}
