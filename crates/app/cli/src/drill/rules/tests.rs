//! Every rule is held to a planted mistake: with it there is the finding, and without it none.

mod planted;

use std::sync::Arc;

use config::{Overrides, Snapshot, Sources};

use super::{all, look};
use crate::drill::finding::{Finding, Weight};
use crate::drill::house::{House, Road, Switched};
use planted::{GOOD, MISTAKES, Mistake};

/// Variables that are set where the tests are.
const VARIABLE: (&str, &str) = ("NOT_HERE", "stand-in-for-NOT_HERE");

fn snapshot(text: &str) -> Snapshot {
    let sources = Sources {
        text: Some(("bellwether.yaml", text)),
        catalog: None,
        env: &|name| (name == VARIABLE.0).then(|| VARIABLE.1.to_owned()),
        env_names: Vec::new(),
        read_file: &|_| Err("there are no files".to_owned()),
        stored: &|_| config::Stored::NotOpen,
        overrides: Overrides::default(),
    };
    config::check(&sources).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}\n{text}", problems.join("\n"))
    })
}

fn house(snapshot: &Snapshot) -> House<'_> {
    let road = |name: &str| Road {
        name: name.to_owned(),
        route: Arc::new(snapshot.routes.find(name).expect("it is configured").under(name)),
    };
    let has_stand_in = snapshot.providers.iter().any(|provider| {
        provider.credentials.iter().any(|credential| credential.secret.expose() == VARIABLE.1)
    });
    House {
        snapshot,
        roads: snapshot.models.iter().map(|model| road(&model.name)).collect(),
        today: "2026-11-27".parse().ok(),
        stood_in: has_stand_in.then(|| format!("env:{}", VARIABLE.0)).into_iter().collect(),
        has_secrets: false,
        switched: Vec::new(),
    }
}

fn found(text: &str) -> Vec<Finding> {
    look(&house(&snapshot(text)))
}

/// The good configuration with a mistake in it.
fn with(mistake: &Mistake) -> String {
    mistake.edits.iter().fold(GOOD.to_owned(), |text, (before, after)| {
        assert_eq!(text.matches(before).count(), 1, "{}: {before:?} stands there once", mistake.code);
        text.replace(before, after)
    })
}

#[test]
fn a_good_configuration_has_no_finding_at_all() {
    assert_eq!(found(GOOD), []);
}

#[test]
fn every_planted_mistake_is_found_where_it_is() {
    for mistake in MISTAKES {
        let text = with(mistake);
        let found = found(&text);
        let codes: Vec<_> = found.iter().map(|finding| (finding.code, finding.trace.of.as_str())).collect();
        let is_there = codes.iter().any(|(code, of)| *code == mistake.code && of.contains(mistake.of));
        assert!(is_there, "{} of {} is not among {codes:?}:\n{text}", mistake.code, mistake.of);
    }
}

#[test]
fn every_rule_has_a_planted_mistake() {
    let told_apart = ["all_switched_off", "switched_off", "missing_key"];
    for rule in all().filter(|rule| !told_apart.contains(&rule.code)) {
        assert!(MISTAKES.iter().any(|mistake| mistake.code == rule.code), "{}", rule.code);
    }
    let mut codes: Vec<&str> = all().map(|rule| rule.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all().count(), "each has a name of its own");
}

#[test]
fn findings_say_what_happens_and_what_to_do() {
    for mistake in MISTAKES {
        for finding in found(&with(mistake)) {
            assert!(!finding.trace.what.is_empty() && !finding.trace.remedy.is_empty(), "{finding:?}");
            assert!(!finding.trace.what.contains('\n') && !finding.trace.of.is_empty(), "{finding:?}");
        }
    }
}

#[test]
fn no_key_is_shown() {
    for mistake in MISTAKES {
        for finding in found(&with(mistake)) {
            let shown = finding.json().to_string();
            assert!(!shown.contains("0123456789"), "{shown}");
        }
    }
}

#[test]
fn what_stands_in_comments_is_not_there() {
    let commented = GOOD
        .replace("health:", "# retries: { budget_percent: 0, budget_per_second: 0 }\nhealth:")
        .replace("models:\n", "  # three: { base_url: 'http://9.9.9.9/v1' }\nmodels:\n");
    assert_ne!(commented, GOOD);
    assert_eq!(found(&commented), []);
}

#[test]
fn what_is_switched_off_is_told() {
    let snapshot = snapshot(GOOD);
    let switched = |provider: &str, region: Option<&str>| Switched {
        provider: provider.to_owned(),
        region: region.map(str::to_owned),
        model: None,
        position: "off".to_owned(),
        reason: "a test".to_owned(),
    };
    let codes = |switched| {
        let found = look(&House { switched, ..house(&snapshot) });
        found.into_iter().map(|finding| (finding.code, finding.trace.of)).collect::<Vec<_>>()
    };
    let one = codes(vec![switched("one", Some("us-west"))]);
    assert_eq!(one, [("switched_off", "one, region us-west".to_owned())]);
    let all = codes(vec![switched("one", None), switched("two", None)]);
    assert_eq!(all[0], ("all_switched_off", "switches".to_owned()));
    assert_eq!(all.len(), 3);
}

#[test]
fn a_key_that_is_missing_among_others_weighs_more_than_where_none_is() {
    let snapshot = snapshot(&GOOD.replace("key-of-two-0123456789", "env:NOT_HERE"));
    let codes = |has_secrets| {
        let found = look(&House { has_secrets, ..house(&snapshot) });
        found.into_iter().map(|finding| (finding.code, finding.weight)).collect::<Vec<_>>()
    };
    assert_eq!(codes(false), [("secret_not_here", Weight::Hint)]);
    assert_eq!(codes(true), [("missing_key", Weight::Warning)]);
}

#[test]
fn the_examples_have_no_error() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let stand_ins = crate::drill::stand_ins::StandIns::of(Some(&text));
        let sources = Sources {
            text: Some(("bellwether.yaml", &text)),
            catalog: None,
            env: &|name| stand_ins.variable(name),
            env_names: Vec::new(),
            read_file: &|path| stand_ins.file(path),
            stored: &|_| config::Stored::NotOpen,
            overrides: Overrides::default(),
        };
        let snapshot = config::check(&sources).unwrap_or_else(|problems| panic!("{path:?}: {problems:?}"));
        let found = look(&House { stood_in: stand_ins.used(), ..house(&snapshot) });
        let errors: Vec<_> = found.iter().filter(|finding| finding.weight == Weight::Error).collect();
        assert!(errors.is_empty(), "{path:?}: {errors:?}");
        seen += 1;
    }
    assert!(seen >= 5, "{seen} examples");
}
