//! The examples are configurations: each is accepted as it stands.

use std::path::Path;

use crate::world::{CERTIFICATE, PRIVATE_KEY, World, written};

#[test]
fn every_example_is_accepted() {
    let world = World::default()
        .with_variable("OPENAI_API_KEY", "sk-example-1")
        .with_variable("DEEPSEEK_API_KEY", "sk-example-2")
        .with_variable("ANTHROPIC_API_KEY", "sk-example-4")
        .with_variable("GEMINI_API_KEY", "sk-example-5")
        .with_variable("MOONSHOT_API_KEY", "sk-example-6")
        .with_file("/run/secrets/openai", "sk-example-3\n")
        .with_file("/run/secrets/egress-proxy", "http://user:p%40ss@proxy.example:3128\n")
        .with_file("/run/secrets/metrics", "metrics-example\n")
        .with_file("/etc/bellwether/chain.pem", CERTIFICATE)
        .with_file("/etc/bellwether/key.pem", PRIVATE_KEY);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("# yaml-language-server: $schema=../config.schema.json\n"),
            "{}",
            path.display()
        );
        let snapshot = world
            .check(Some(&text))
            .unwrap_or_else(|problems| panic!("{}:\n{}", path.display(), written(&problems)));
        assert!(snapshot.notes.is_empty(), "{}: {:?}", path.display(), snapshot.notes);
        assert!(!snapshot.providers.is_empty(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 4, "{count} examples");
}
