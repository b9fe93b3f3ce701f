//! Providers from variables alone.

use config::{Origin, Snapshot};

use crate::world::World;

fn world(variables: &[(&str, &str)]) -> World {
    variables.iter().fold(World::default(), |world, (name, text)| world.with_variable(name, text))
}

/// Name, address and the variable of the key, in order.
fn providers(snapshot: &Snapshot) -> Vec<(&str, String, Option<&str>)> {
    let row = |provider: &'_ config::Provider| provider.lines[0].base_url.to_string();
    snapshot
        .providers
        .iter()
        .map(|provider| {
            let origin = provider.credentials.first().map(|credential| credential.origin.as_str());
            (provider.id.as_str(), row(provider), origin)
        })
        .collect()
}

#[track_caller]
fn check(variables: &[(&str, &str)], expected: &[(&str, &str, Option<&str>)]) {
    let snapshot = world(variables).check(None).expect("good variables");
    let expected: Vec<_> = expected.iter().map(|(id, url, key)| (*id, (*url).to_owned(), *key)).collect();
    assert_eq!(providers(&snapshot), expected);
    assert!(snapshot.providers.iter().all(|provider| provider.origin == Origin::Environment));
}

#[test]
fn a_key_makes_a_provider_that_takes_any_model() {
    check(
        &[("OPENAI_API_KEY", "sk-1")],
        &[("openai", "https://api.openai.com/v1", Some("env:OPENAI_API_KEY"))],
    );
    let snapshot = world(&[("OPENAI_API_KEY", "sk-1")]).check(None).unwrap();
    assert!(snapshot.routes.knows("anything") && snapshot.routes.knows("openai/anything"));
}

#[test]
fn several_stand_in_documented_order() {
    check(
        &[
            ("DEEPSEEK_API_KEY", "k"),
            ("ZETA_API_KEY", "k"),
            ("ZETA_BASE_URL", "http://z/v1"),
            ("OPENAI_API_KEY", "k"),
            ("ALPHA_CORP_API_KEY", "k"),
            ("ALPHA_CORP_BASE_URL", "http://a/v1"),
            ("ANTHROPIC_API_KEY", "k"),
        ],
        &[
            ("openai", "https://api.openai.com/v1", Some("env:OPENAI_API_KEY")),
            ("anthropic", "https://api.anthropic.com/v1", Some("env:ANTHROPIC_API_KEY")),
            ("deepseek", "https://api.deepseek.com/v1", Some("env:DEEPSEEK_API_KEY")),
            ("alpha-corp", "http://a/v1", Some("env:ALPHA_CORP_API_KEY")),
            ("zeta", "http://z/v1", Some("env:ZETA_API_KEY")),
        ],
    );
}

#[test]
fn a_base_url_moves_a_provider_and_needs_no_key() {
    check(
        &[("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/")],
        &[("openai", "http://127.0.0.1:9/v1", Some("env:OPENAI_API_KEY"))],
    );
    check(&[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")], &[("openai", "http://127.0.0.1:9/v1", None)]);
    check(&[("OLLAMA_BASE_URL", "http://127.0.0.1:9")], &[("ollama", "http://127.0.0.1:9/v1", None)]);
}

#[test]
fn what_is_no_providers_is_left_alone() {
    check(
        &[
            ("STRIPE_API_KEY", "k"),
            ("SITE_BASE_URL", "http://a"),
            ("BELLWETHER_API_KEY", "k"),
            ("BELLWETHER_BASE_URL", "http://a"),
            ("OLLAMA_API_KEY", "k"),
            ("HF_TOKEN", "k"),
            ("OPENAI_API_KEY", "  "),
            ("_API_KEY", "k"),
            ("_BASE_URL", "http://a"),
        ],
        &[],
    );
}

#[test]
fn the_first_of_several_names_is_taken() {
    check(
        &[("GOOGLE_API_KEY", "second"), ("GEMINI_API_KEY", "first")],
        &[("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", Some("env:GEMINI_API_KEY"))],
    );
}

#[test]
fn a_bad_variable_is_told_by_its_name() {
    let problems = world(&[
        ("OPENAI_BASE_URL", "localhost:8000/v1"),
        ("GROQ_API_KEY", "two words"),
        ("MINE_API_KEY", "k"),
        ("MINE_BASE_URL", "ftp://h"),
    ])
    .check(None)
    .unwrap_err();
    let told: Vec<(&str, Option<&str>)> =
        problems.iter().map(|problem| (problem.path.as_str(), problem.hint.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("OPENAI_BASE_URL", Some("write it with its scheme, starting http://")),
            ("GROQ_API_KEY", None),
            ("MINE_BASE_URL", None)
        ]
    );
    assert!(problems.iter().all(|problem| problem.file.is_none() && !problem.found.contains("two words")));
}

#[test]
fn the_file_goes_before_the_environment() {
    let world = world(&[("OPENAI_API_KEY", "k1"), ("GROQ_API_KEY", "k2"), ("XAI_API_KEY", "k3")]);
    let snapshot = world.good(
        "providers:\n  openai: { base_url: 'http://a/v1', credentials: [] }\n  mine: { kind: groq, credentials: ['env:GROQ_API_KEY'] }\n",
    );
    let names: Vec<_> = providers(&snapshot).into_iter().map(|(id, _, key)| (id, key)).collect();
    assert_eq!(
        names,
        [("openai", None), ("mine", Some("env:GROQ_API_KEY")), ("xai", Some("env:XAI_API_KEY"))]
    );
}

#[test]
fn a_provider_of_the_file_finds_its_usual_variables() {
    let world = world(&[("OPENAI_API_KEY", "k1"), ("GROQ_API_KEY", "k2"), ("GROQ_BASE_URL", "http://g/v1")]);
    let snapshot = world.good("providers: { groq: { models: [llama] }, openai: {} }");
    let groq = &providers(&snapshot)[0];
    assert_eq!(*groq, ("groq", "http://g/v1".to_owned(), Some("env:GROQ_API_KEY")));
    assert_eq!(snapshot.providers.len(), 2);

    let snapshot = world.good("providers: { openai: { base_url: 'http://elsewhere/v1' } }");
    assert!(
        snapshot.providers[0].credentials.is_empty(),
        "no key goes to an address that did not ask for it"
    );
    assert!(snapshot.notes[0].contains("providers.openai") && snapshot.notes[0].contains("no key"));
}

#[test]
fn models_of_the_file_may_name_providers_of_the_environment() {
    let world = world(&[("OPENAI_API_KEY", "k1")]);
    assert!(world.good("models: { fast: { targets: [openai/gpt-4o-mini] } }").routes.knows("fast"));
}

#[test]
fn a_variable_may_name_a_file_with_the_secret() {
    let world = world(&[
        ("OPENAI_API_KEY_FILE", "/run/openai"),
        ("MINE_API_KEY_FILE", "/run/mine"),
        ("MINE_BASE_URL", "http://m/v1"),
    ])
    .with_file("/run/openai", "sk-1\n")
    .with_file("/run/mine", "m-1");
    let snapshot = world.check(None).unwrap();
    let rows: Vec<_> = providers(&snapshot).into_iter().map(|(id, _, origin)| (id, origin)).collect();
    assert_eq!(
        rows,
        [
            ("openai", Some("env:OPENAI_API_KEY_FILE (/run/openai)")),
            ("mine", Some("env:MINE_API_KEY_FILE (/run/mine)"))
        ]
    );
    assert_eq!(snapshot.providers[0].credentials[0].secret.expose(), "sk-1");
    // The file names it like any other variable, and nobody else takes it then.
    let named =
        world.good("providers: { first: { base_url: 'http://a/v1', credentials: ['env:OPENAI_API_KEY'] } }");
    assert_eq!(named.providers[0].credentials[0].origin, "env:OPENAI_API_KEY_FILE (/run/openai)");
    assert_eq!(named.providers.len(), 2);
    assert!(world.good("providers: { openai: {} }").providers[0].credentials[0].reference.is_some());
}

#[test]
fn a_file_that_gives_no_secret_is_told_by_its_variable() {
    let world = world(&[
        ("OPENAI_API_KEY", "sk-1"),
        ("OPENAI_API_KEY_FILE", "/run/openai"),
        ("GROQ_API_KEY_FILE", "/not/there"),
        ("XAI_API_KEY_FILE", "/run/empty"),
    ])
    .with_file("/run/openai", "sk-1")
    .with_file("/run/empty", " \n");
    let problems = world.check(None).unwrap_err();
    let told: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(told, ["OPENAI_API_KEY_FILE", "GROQ_API_KEY_FILE", "XAI_API_KEY_FILE (/run/empty)"]);
    assert!(problems[0].message.contains("both set") && problems[1].message.contains("no such file"));
}

#[test]
fn a_vendor_without_an_address_of_its_own_needs_to_be_told_one() {
    let world = World::default().with_variable("AZURE_OPENAI_API_KEY", "a-key");
    let snapshot = world.check(None).unwrap();
    assert!(snapshot.providers.is_empty());
    assert!(snapshot.notes.iter().any(|note| note.contains("AZURE_OPENAI_BASE_URL")), "{:?}", snapshot.notes);
    let world = world.with_variable("AZURE_OPENAI_ENDPOINT", "https://acme.openai.azure.com/");
    let snapshot = world.check(None).unwrap();
    let line = &snapshot.providers[0].lines[0];
    assert_eq!(line.base_url.to_string(), "https://acme.openai.azure.com/openai/v1");
}
