//! The shipped catalogue of models is sound, and knows every name that callers hold.

use dialects::canonical::{CallForce, SchemaSupport, ThinkingForm};
use providers::models::{Catalogue, difference, shipped, shipped_flaws, shipped_of};

#[test]
fn every_shipped_row_is_sound() {
    let flaws: Vec<_> = shipped_flaws().iter().map(|(file, flaw)| format!("{file}: {flaw}")).collect();
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
}

#[test]
fn one_vendors_rows_are_the_same_without_the_others() {
    for (kind, known) in shipped().kinds() {
        assert_eq!(*shipped_of(kind), *known, "{kind}");
    }
    assert!(shipped_of("compatible").is_empty());
}

#[test]
fn every_name_that_callers_hold_is_known() {
    for (kind, names) in [
        ("openai", "gpt-4.1 gpt-4o gpt-4o-mini gpt-4-turbo gpt-3.5-turbo text-embedding-3-small"),
        ("anthropic", "claude-opus-4.7 claude-sonnet-4.5 claude-sonnet claude-opus claude-haiku"),
        ("gemini", "gemini-2.5-flash gemini-2.0-flash gemini-1.5-pro gemini-1.5-flash gemini-1.5-flash-8b"),
        ("deepseek", "deepseek-v3.2 deepseek-v3 deepseek-coder"),
        ("moonshot", "moonshot-v1-8k moonshot-v1-32k moonshot-v1-128k"),
        ("moonshotcn", "moonshot-v1-8k"),
        ("azure", "gpt-4o"),
    ] {
        let known = shipped().of_kind(kind);
        for name in names.split(' ') {
            let row = known.find(name).unwrap_or_else(|| panic!("{kind} does not know {name}"));
            assert!(row.is_served() || row.successor.is_some(), "{name} is retired and names nobody");
        }
    }
    let anthropic = shipped().of_kind("anthropic");
    assert_eq!(anthropic.find("claude-sonnet-4.5").unwrap().name, "claude-sonnet-4-5");
    assert!(shipped().of_kind("compatible").is_empty());
}

#[test]
fn abilities_are_those_of_the_model_and_not_of_its_dialect() {
    let abilities = |kind: &str, name: &str| shipped().of_kind(kind).find(name).unwrap().facts.abilities();
    let old = abilities("anthropic", "claude-sonnet-4-5");
    assert_eq!(
        (old.thinking, old.has_sampling, old.temperature_max_milli),
        (ThinkingForm::Budget, true, 1000)
    );
    assert!(!old.takes_temperature_with_top_p && old.continues_answers);
    let new = abilities("anthropic", "claude-opus-5-5");
    assert_eq!((new.thinking, new.call_force), (ThinkingForm::Adaptive, CallForce::None));
    assert!(!new.has_sampling && !new.can_stop_thinking && !new.continues_answers);
    assert!(new.takes_images && new.takes_documents && !new.takes_audio);
    let plain = abilities("openai", "gpt-4.1");
    assert_eq!((plain.thinking, plain.context_tokens), (ThinkingForm::None, Some(1_047_576)));
    assert!(!abilities("openai", "o3").has_sampling);
    assert!(!abilities("deepseek", "deepseek-v4-pro").takes_images);
    assert_eq!(abilities("deepseek", "deepseek-v4-pro").schema_support, SchemaSupport::ObjectOnly);
}

const FILE: &str = r#"
kinds = ["openai"]

[[model]]
name = "gpt-x"
aliases = ["x"]
source = "the vendor's page"
facts = { context_tokens = 1000, images = false }
prices = [{ from = "2026-01-01", until = "2026-06-01", currency = "USD", input = "2", output = "8.5" }, { from = "2026-06-01", currency = "USD", input = "1", output = "4" }]
"#;

#[test]
fn an_operators_rows_stand_over_the_shipped_ones() {
    let own = Catalogue::read(FILE).unwrap();
    let both = own.over(&shipped());
    let known = both.of_kind("openai");
    assert_eq!(known.find("x").unwrap().facts.context_tokens, Some(1000));
    assert_eq!(known.find("gpt-4o"), shipped().of_kind("openai").find("gpt-4o"));
    let changed = FILE.replace("gpt-x", "gpt-4.1");
    let both = Catalogue::read(&changed).unwrap().over(&shipped());
    assert_eq!(both.of_kind("openai").find("gpt-4.1").unwrap().facts.context_tokens, Some(1000));
    assert_eq!(both.of_kind("azure"), shipped().of_kind("azure"));
}

#[test]
fn what_changes_is_told_field_by_field() {
    let before = Catalogue::read(FILE).unwrap();
    let after =
        Catalogue::read(&FILE.replace("images = false", "images = true").replace("8.5", "9")).unwrap();
    let changes = difference(&before, &after);
    assert_eq!((changes.len(), changes[0].name.as_str()), (1, "gpt-x"));
    let fields: Vec<_> = changes[0].fields.iter().map(|(path, ..)| path.as_str()).collect();
    assert_eq!(fields, ["facts.images", "prices[0].output"]);
    assert!(difference(&before, &before).is_empty());
    let gone = difference(&before, &Catalogue::default());
    assert_eq!(gone[0].fields[0], (String::new(), Some("a row".to_owned()), None));
}

/// What is wrong with a file is told by its line; `;` begins a new line.
#[test]
fn bad_rows_are_refused_with_their_place() {
    let check = |file: &str, line: usize, words: &str| {
        let flaws = Catalogue::read(&file.replace(';', "\n")).unwrap_err();
        let told = flaws.iter().any(|flaw| flaw.line == line && flaw.message.contains(words));
        assert!(told, "{file}: {flaws:?}");
    };
    const SOUND: &str = "kinds = ['openai'];[[model]];name = 'a';source = 's';";
    check("kinds = ['openai'", 1, "");
    check("kinds = ['openai'];[[model]];nam = 'a'", 3, "unknown field");
    check("kinds = ['openai'];[[model]];source = 's'", 2, "missing field `name`");
    check("kinds = ['openai'];[[model]];name = 'a'", 2, "has no source");
    check("[[model]];name = 'a';source = 's'", 1, "whose it is");
    check("kinds = ['nobody'];[[model]];name = 'a';source = 's'", 2, "no kind 'nobody'");
    check(&format!("{SOUND}aliases = ['b c']"), 2, "is no name");
    check(
        &format!("{SOUND}[[model]];name = 'b';source = 's';aliases = ['a']"),
        5,
        "'a' of openai stands on line 2",
    );
    check(&format!("{SOUND}surface = 'faces'"), 2, "no surface 'faces'");
    check(&format!("{SOUND}retired = '2026-02-30'"), 5, "must be a day");
    check(&format!("{SOUND}facts = {{ images = 'yes' }}"), 5, "invalid type");
    check(&format!("{SOUND}quirks = {{ drop = ['model'] }}"), 2, "quirks.drop");
    for (price, words) in [
        ("from = '2026-01-01', currency = 'USD', input = '-1'", "must be an amount"),
        ("from = '2026-01-01', currency = 'USD'", "names no amount"),
        ("from = '2026-01-01', currency = 'usd', input = '1'", "no currency"),
        ("from = '2026-01-01', until = '2026-01-01', currency = 'USD', input = '1'", "ends before it begins"),
        ("currency = 'USD', input = '1'", "missing field `from`"),
    ] {
        let line = if words.starts_with("must") || words.starts_with("missing") { 5 } else { 2 };
        check(&format!("{SOUND}prices = [{{ {price} }}]"), line, words);
    }
    let twice = "{ from = '2026-01-01', currency = 'USD', input = '1' }";
    check(&format!("{SOUND}prices = [{twice}, {twice}]"), 2, "two prices hold on 2026-01-01");
}
