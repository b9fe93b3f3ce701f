//! Names and abilities of the catalogue: shipped, then the operator's file, then what stands in the configuration.

use routing::{Ask, NoTarget, plan};

use crate::world::{World, written};

const FILE: &str = "
kinds = ['openai']
[[model]]
name = 'gpt-own'
aliases = ['own']
source = 'measured here'
facts = { context_tokens = 1000, images = false }
[[model]]
name = 'gpt-old'
retired = '2026-01-01'
successor = 'gpt-own'
source = 'measured here'
";
const VENDORS: &str = "providers: { openai: { credentials: [] }, anthropic: { credentials: [] } }";

fn asked(snapshot: &config::Snapshot, model: &str) -> Result<Vec<(String, Option<String>)>, NoTarget> {
    let ask = Ask { model, is_streaming: false };
    let plan = plan(&snapshot.routes, &ask, 9, |_| true)?;
    let target = |attempt: &routing::Attempt| {
        let provider = snapshot.providers[usize::from(attempt.target.provider)].id.clone();
        (provider, attempt.target.model.as_deref().map(str::to_owned))
    };
    Ok(plan.attempts.iter().map(target).collect())
}

#[test]
fn a_name_goes_to_the_vendor_who_knows_it_by_the_vendors_own_name() {
    let snapshot = World::default().good(VENDORS);
    let own = |provider: &str, model: Option<&str>| vec![(provider.to_owned(), model.map(str::to_owned))];
    assert_eq!(asked(&snapshot, "claude-sonnet-4.5").unwrap(), own("anthropic", Some("claude-sonnet-4-5")));
    assert_eq!(asked(&snapshot, "claude-sonnet-4-5").unwrap(), own("anthropic", None));
    assert_eq!(asked(&snapshot, "gpt-4.1").unwrap(), own("openai", None));
    let retired = asked(&snapshot, "gpt-4-turbo").unwrap_err();
    assert!(matches!(retired, NoTarget::Retired(retired) if retired.successor.is_some()));
    assert!(snapshot.routes.listed().any(|listed| &*listed.name == "claude-opus-5-5"));
    assert_eq!(asked(&snapshot, "not-known").unwrap().len(), 2);
}

#[test]
fn targets_may_be_named_by_aliases_and_retired_ones_are_noted() {
    let snapshot = World::default().good(
        "providers: { anthropic: { credentials: [] }, openai: { credentials: [], models: [gpt-4.1] } }
models: { smart: { targets: [anthropic/claude-sonnet-4.5] }, old: { targets: [anthropic/claude-3-5-sonnet-20241022] } }",
    );
    let sent = Some("claude-sonnet-4-5".to_owned());
    assert_eq!(asked(&snapshot, "smart").unwrap(), [("anthropic".to_owned(), sent)]);
    let note = snapshot.notes.iter().find(|note| note.contains("retired")).unwrap();
    assert!(
        note.contains("models.old.targets[0]") && note.contains("\"claude-3-5-sonnet-20241022\""),
        "{note}"
    );
}

#[test]
fn an_operators_file_and_facts_stand_over_what_is_shipped() {
    let world = World::default().with_file("catalog.toml", FILE);
    let snapshot = world.good(
        "providers: { openai: { credentials: [], catalog: { own: { images: true }, gpt-4o: { audio: true } } } }",
    );
    let known = &snapshot.providers[0].known;
    let own = known.find("own").unwrap();
    assert_eq!(
        (own.name.as_str(), own.facts.context_tokens, own.facts.images),
        ("gpt-own", Some(1000), Some(true))
    );
    let shipped = known.find("gpt-4o").unwrap();
    assert_eq!((shipped.facts.audio, shipped.facts.images), (Some(true), Some(true)));
    assert_eq!(asked(&snapshot, "own").unwrap()[0].1.as_deref(), Some("gpt-own"));
    assert!(matches!(asked(&snapshot, "gpt-old"), Err(NoTarget::Retired(_))));
}

#[test]
fn a_mistake_in_the_operators_file_is_told_by_file_and_line() {
    let world = World::default().with_file("catalog.toml", &FILE.replace("'measured here'", "''"));
    let told = written(&world.bad(VENDORS));
    assert!(told.contains("catalog.toml:3:1: gpt-own: has no source"), "{told}");
}

#[test]
fn facts_of_one_model_make_no_catalogue() {
    let snapshot = World::default().good(
        "providers: { openai: { credentials: [] }, local: { base_url: 'http://a/v1', catalog: { llama: { images: false } } } }",
    );
    let providers =
        |model| asked(&snapshot, model).unwrap().into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(providers("gpt-4o"), ["openai", "local"]);
    assert_eq!(providers("llama"), ["local"]);
    assert_eq!(providers("not-known"), ["openai", "local"]);
}

#[test]
fn where_everybody_has_his_own_models_no_name_is_refused() {
    let snapshot = World::default().good(
        "providers: { openai: { credentials: [] }, azure: { base_url: 'https://acme.openai.azure.com/openai/v1' } }",
    );
    let providers =
        |model| asked(&snapshot, model).unwrap().into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(providers("gpt-4-turbo"), ["azure"]);
    assert_eq!(providers("gpt-4o"), ["openai", "azure"]);
    assert_eq!(providers("a-deployment"), ["openai", "azure"]);
    assert!(snapshot.routes.listed().all(|listed| listed.provider == 0 || &*listed.name == "azure/*"));
}

#[test]
fn somebody_else_under_a_vendors_kind_is_asked_for_any_name() {
    let snapshot = World::default()
        .good("providers: { openai: { base_url: 'http://a/v1' }, groq: { credentials: [] } }");
    let providers =
        |model| asked(&snapshot, model).unwrap().into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(providers("gpt-4-turbo"), ["openai", "groq"]);
    assert_eq!(providers("gpt-4o"), ["openai"]);
    assert_eq!(providers("openai/gpt-oss-120b"), ["openai"]);
    assert!(snapshot.routes.listed().all(|listed| listed.provider == 1 || &*listed.name == "openai/*"));
}
