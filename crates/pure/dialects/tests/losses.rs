//! The table of losses (`fixtures/losses.toml`), cell by cell: a request of the caller's dialect is written for a provider of
//! another, or an answer of a provider for a caller, and what is told of it is what the table says.
#![cfg(test)]

use std::collections::BTreeSet;
use std::path::Path;

use dialects::canonical::{
    Abilities, CallForce, Feature, Losses, Policy, SchemaSupport, SealForm, ThinkingForm,
};
use dialects::envelope::{self, Provenance};
use dialects::json::Item;
use dialects::json::writer::object;
use dialects::translation::{BackMap, StreamTranslation};
use dialects::{Dialect, Target, Voice, Written};
use domain::Usage;
use toml::{Table, Value};

fn table() -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/losses.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// `ServiceTier` as `service_tier`.
fn key(feature: Feature) -> String {
    let mut key = String::new();
    for c in format!("{feature:?}").chars() {
        if c.is_ascii_uppercase() && !key.is_empty() {
            key.push('_');
        }
        key.push(c.to_ascii_lowercase());
    }
    key
}

/// The model of a row, by what it cannot do.
fn abilities(model: &str, to: Dialect) -> Abilities {
    let able = Abilities::default();
    match model {
        "" => able,
        "takes little temperature" => Abilities { temperature_max_milli: 800, ..able },
        "takes no sampling" => Abilities { has_sampling: false, ..able },
        "writes little" => Abilities { output_tokens_max: Some(8), ..able },
        "thinks in another form" => {
            let is_told_by_budget = to == Dialect::AnthropicMessages;
            let thinking = if is_told_by_budget { ThinkingForm::Budget } else { ThinkingForm::Effort };
            Abilities { thinking, ..able }
        }
        "does not think" => Abilities { thinking: ThinkingForm::None, ..able },
        "cannot be forced" => Abilities { call_force: CallForce::None, ..able },
        "has no parallel switch" => Abilities { has_parallel_switch: false, ..able },
        "calls no tools" => Abilities { calls_tools: false, ..able },
        "takes no schema" => Abilities { schema_support: SchemaSupport::None, ..able },
        "takes text only" => {
            Abilities { takes_images: false, takes_audio: false, takes_documents: false, ..able }
        }
        other => panic!("no model '{other}' is known here"),
    }
}

fn base(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAiChat => r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#,
        Dialect::OpenAiResponses => r#"{"model":"m","input":"x"}"#,
        Dialect::AnthropicMessages => {
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#
        }
    }
}

/// The members of the row over those of the simplest request.
fn request(client: Dialect, given: &str) -> String {
    let given: Vec<(String, String)> = Item::of_body(given.as_bytes())
        .unwrap()
        .fields()
        .unwrap()
        .members()
        .map(|(name, raw)| (name.into_owned(), raw.get().to_owned()))
        .collect();
    let base = Item::of_body(base(client).as_bytes()).unwrap().fields().unwrap();
    object(|o| {
        for (name, raw) in base.members().filter(|(name, _)| !given.iter().any(|(given, _)| given == name)) {
            o.raw(&name, raw.get());
        }
        given.iter().for_each(|(name, json)| o.raw(name, json));
    })
}

/// What is seen to happen.
#[derive(Debug)]
enum Seen {
    Refused,
    Told,
    Silent(String),
}

fn seen_of_request(feature: Feature, model: &str, client: Dialect, provider: Dialect, given: &str) -> Seen {
    let body = request(client, given);
    let mut prompt = match client.translator().read_prompt(body.as_bytes()) {
        Ok(prompt) => prompt,
        // What needs an answer that is kept is refused before anybody is chosen to serve it.
        Err(flaw) if [Feature::State, Feature::Background].contains(&feature) => {
            assert!(flaw.param.is_some(), "{flaw:?}");
            return Seen::Refused;
        }
        Err(flaw) => panic!("{flaw:?} of {body}"),
    };
    let abilities = abilities(model, provider);
    let target = Target { model: "m", abilities: &abilities, output_tokens_default: 64 };
    let mut losses = Losses::new(false);
    let takes = |form: SealForm| form.dialect() == provider;
    let here = Provenance { tenant: "t", provider: "p", model: "m" };
    envelope::settle(&mut prompt, takes, here, |_| [0; 32], &mut losses).unwrap();
    match provider.translator().write_prompt(&prompt, &target, &mut losses) {
        Err(flaw) => {
            assert!(flaw.message.contains(&format!("({})", feature.code())), "{feature:?}: {flaw:?}");
            Seen::Refused
        }
        Ok(_) if losses.told().iter().any(|loss| loss.feature.code() == feature.code()) => Seen::Told,
        Ok(written) => Seen::Silent(written.body),
    }
}

fn seen_of_answer(feature: Feature, provider: Dialect, client: Dialect, stream: &str) -> Seen {
    let back_map = BackMap::new(&Written::default(), None);
    let mut translation = StreamTranslation::new(provider, client, back_map, Voice::default());
    let mut out = translation.feed(stream.as_bytes());
    out.push_str(&translation.end(|_| Usage::default()));
    assert!(translation.is_whole(), "{feature:?}: {out}");
    if translation.losses() == [feature] { Seen::Told } else { Seen::Silent(out) }
}

fn check(feature: Feature, cell: &Value, seen: &Seen, place: &str) {
    let expected = match seen {
        Seen::Refused => "refused",
        // What is only counted changes nothing that anybody would notice.
        Seen::Told if feature.policy(false) == Policy::Drop => "equivalent",
        Seen::Told => "lossy",
        Seen::Silent(_) => "carried",
    };
    match (cell, seen) {
        (Value::Table(carried), Seen::Silent(body)) => {
            let (how, wanted) = carried.iter().next().expect("how it is carried");
            assert!(["exact", "equivalent"].contains(&how.as_str()), "{place}: '{how}'");
            let wanted = wanted.as_str().unwrap();
            assert!(body.contains(wanted), "{place}: no {wanted} in {body}");
        }
        _ => assert_eq!(cell.as_str(), Some(expected), "{place}: {seen:?}"),
    }
}

#[test]
fn every_cell_is_what_the_table_says() {
    let table = table();
    for feature in Feature::all() {
        let key = key(feature);
        let row = table.get(&key).and_then(Value::as_table).unwrap_or_else(|| panic!("no row '{key}'"));
        let model = row.get("model").and_then(Value::as_str).unwrap_or_default();
        assert!(row.get("about").and_then(Value::as_str).is_some(), "{key}: what it is about");
        let mut rows = 0;
        for from in Dialect::ALL.iter().copied() {
            let Some(given) = row.get(from.name()).and_then(Value::as_table) else { continue };
            rows += 1;
            for to in Dialect::ALL.iter().copied().filter(|to| *to != from) {
                let place = format!("{key}, {} to {}", from.name(), to.name());
                let text = |name: &str| given.get(name).and_then(Value::as_str);
                let seen = match (text("request"), text("answer")) {
                    (Some(request), None) => seen_of_request(feature, model, from, to, request),
                    (None, Some(answer)) => seen_of_answer(feature, from, to, answer),
                    _ => panic!("{place}: a request or an answer"),
                };
                if let Some(file) = std::env::var_os("LOSSES_SEEN") {
                    tell(&file, &key, from, to, &seen);
                    continue;
                }
                check(
                    feature,
                    given.get(to.name()).unwrap_or_else(|| panic!("{place} is empty")),
                    &seen,
                    &place,
                );
            }
        }
        assert!(rows > 0, "{key} has no example");
    }
}

/// For whoever adds a row: what is seen, a line for each cell, in the file that `LOSSES_SEEN` names.
fn tell(file: &std::ffi::OsStr, key: &str, from: Dialect, to: Dialect, seen: &Seen) {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    writeln!(file, "{key}\t{}\t{}\t{seen:?}", from.name(), to.name()).unwrap();
}

#[test]
fn the_table_has_no_rows_of_nothing() {
    let known: BTreeSet<String> = Feature::all().map(key).collect();
    for name in table().keys() {
        assert!(known.contains(name), "'{name}' is no feature");
    }
}
