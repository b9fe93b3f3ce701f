//! Chains of names, and what is said of each target.

use std::time::Duration;

use routing::{Capability, Hedge, HedgeRules, ModelField, Resume};

use crate::world::World;

const PROVIDERS: &str = "
providers:
  one: { base_url: 'http://a/v1', models: [a, a2] }
  two: { base_url: 'http://b/v1', models: [b] }
  open: { base_url: 'http://c/v1' }
";

fn snapshot(models: &str) -> config::Snapshot {
    World::default().good(&format!("{PROVIDERS}{models}"))
}

/// The names that are sent, by step.
#[track_caller]
fn chain(models: &str, name: &str) -> Vec<Vec<String>> {
    let route = snapshot(models).routes.find(name).expect("a known name");
    let mut steps: Vec<Vec<String>> = Vec::new();
    for tier in &route.tiers {
        let names = route.targets[tier.targets.clone()].iter();
        let names = names.map(|target| target.model.as_deref().unwrap_or("(as asked)").to_owned());
        match steps.get_mut(usize::from(tier.step)) {
            Some(step) => step.extend(names),
            None => steps.push(names.collect()),
        }
    }
    steps
}

#[test]
fn fallbacks_are_further_steps_and_bring_their_own() {
    let models = "
models:
  first: { targets: [one/a, one/a2], policy: balanced, fallbacks: [second, open/x] }
  second: { targets: [two/b], fallbacks: [third, first-of-others] }
  third: { targets: [open/c] }
  first-of-others: { targets: [open/d] }
";
    assert_eq!(chain(models, "first"), [vec!["a", "a2"], vec!["b"], vec!["c"], vec!["d"], vec!["x"]]);
    assert_eq!(chain(models, "second"), [["b"], ["c"], ["d"]]);
}

#[test]
fn a_name_that_leads_into_a_chain_twice_is_in_it_once() {
    let models = "
models:
  first: { targets: [one/a], fallbacks: [second, third, b] }
  second: { targets: [two/b], fallbacks: [third] }
  third: { targets: [open/c], fallbacks: [b] }
";
    assert_eq!(chain(models, "first"), [["a"], ["b"], ["c"], ["b"]]);
}

#[test]
fn a_listed_or_catalogued_name_needs_no_targets_to_get_fallbacks() {
    assert_eq!(chain("models: { a: { fallbacks: [b] } }", "a"), [["a"], ["b"]]);
    let catalogued = World::default().with_variable("OPENAI_API_KEY", "sk-abcdefghijklmnop-1234");
    let snapshot = catalogued.good("models: { gpt-4o: { fallbacks: [gpt-4o-mini] } }");
    let route = snapshot.routes.find("gpt-4o").unwrap();
    let sent: Vec<_> = route.targets.iter().map(|target| target.model.as_deref()).collect();
    assert_eq!(sent, [Some("gpt-4o"), Some("gpt-4o-mini")]);
    assert!(route.targets.iter().all(|target| target.context_tokens.is_some()), "known of the catalogue");
}

#[test]
fn limits_of_a_step_go_before_those_of_its_own_name() {
    let models = "
models:
  first:
    targets: [{ provider: one, model: a, first_token_ms: 500, idle_ms: 700 }]
    fallbacks: [{ model: second, total_ms: 9000 }]
  second: { targets: [{ provider: two, model: b, timeout_ms: 3000, total_ms: 8000 }] }
";
    let (ms, snapshot) = (Duration::from_millis, snapshot(models));
    let route = snapshot.routes.find("first").unwrap();
    let (first, second) = (&route.targets[0], &route.targets[1]);
    assert_eq!((first.attempt_limit(true), first.attempt_limit(false)), (Some(ms(500)), None));
    assert_eq!((first.idle_limit(), first.total_limit()), (Some(ms(700)), None));
    assert_eq!((second.attempt_limit(true), second.attempt_limit(false)), (Some(ms(3000)), Some(ms(9000))));
    let alone = snapshot.routes.find("second").unwrap();
    assert_eq!(alone.targets[0].total_limit(), Some(ms(8000)));
}

#[test]
fn conditions_and_manners_arrive() {
    let snapshot = snapshot(
        "
models:
  first:
    targets:
      - { provider: one, model: a, when: { headers: { X-Tier: vip, x-any: '*' }, keys: [key_1], tags: { team: shop, paid: '*' }, needs: [images], stream: true } }
      - two/b
    on_refusal: next
    model_field: requested
",
    );
    let route = snapshot.routes.find("first").unwrap();
    let condition = route.targets[0].condition.as_deref().unwrap();
    let headers = [("x-tier".to_owned(), Some("vip".to_owned())), ("x-any".to_owned(), None)];
    assert_eq!(condition.headers, headers);
    assert!(condition.needs.has(Capability::Images) && condition.is_streaming == Some(true));
    assert!(route.targets[1].condition.is_none());
    assert!(route.manner.goes_on_after_refusal && route.manner.model_field == ModelField::Requested);
}

#[test]
fn broken_streams_are_gone_on_with_where_that_can_be() {
    let check = |provider: &str, resume: &str| {
        let text = format!("providers: {{ p: {provider} }}\nmodels: {{ x: {{ targets: [p/m], {resume} }} }}");
        let snapshot = World::default().good(&text);
        snapshot.routes.find("x").unwrap().manner
    };
    let (any, told) =
        ("{ base_url: 'http://h/v1' }", "{ base_url: 'http://h/v1', quirks: { continues: prefix } }");
    assert_eq!(check(any, "model_field: upstream").resume, Resume::Off);
    for resume in Resume::ALL {
        let manner = check(told, &format!("resume: {}", resume.name()));
        assert_eq!((manner.resume, manner.resume_hold), (resume, Duration::ZERO));
    }
    assert_eq!(check("{ kind: moonshot, credentials: [] }", "resume: continue").resume, Resume::Continue);
    assert_eq!(check("{ kind: anthropic, credentials: [] }", "resume: continue").resume, Resume::Continue);
    assert_eq!(check(any, "resume: ask, resume_hold_ms: 250").resume_hold, Duration::from_millis(250));
}

#[test]
fn another_is_asked_beside_who_is_late_only_where_that_is_said() {
    let models = "models:
  plain: { targets: [one/a, two/b] }
  never: { targets: [one/a, two/b], hedge: false }
  usual: { targets: [one/a, two/b], hedge: true }
  also: { targets: [one/a], fallbacks: [two/b], hedge: {} }
  fixed: { targets: [one/a, two/b], hedge: { after_ms: 900 } }
";
    let snapshot = snapshot(models);
    let hedge = |name| snapshot.routes.find(name).unwrap().manner.hedge;
    assert_eq!((hedge("plain"), hedge("never")), (None, None));
    let usual = Some(Hedge { after: None });
    assert_eq!((hedge("usual"), hedge("also")), (usual, usual));
    assert_eq!(hedge("fixed"), Some(Hedge { after: Some(Duration::from_millis(900)) }));
    assert_eq!((snapshot.retries.hedge_percent, snapshot.retries.hedges), (3, HedgeRules::default()));
}
