//! Whatever stands in the file, the answer is a snapshot or problems, never a panic.

use proptest::prelude::*;

use crate::world::World;

/// Pieces of real configurations, so that random texts get past the syntax.
const PIECES: &[&str] = &[
    "providers",
    "models",
    "listeners",
    "limits",
    "timeouts",
    "keys",
    "metrics",
    "base_url",
    "credentials",
    "lines",
    "targets",
    "address",
    "tls",
    "region",
    "kind",
    "openai",
    "prefix",
    "access",
    "env:KEY",
    "a/b",
    "'http://h/v1'",
    "127.0.0.1:1",
    "7",
    "-1",
    "2.5",
    "null",
    "true",
    "\"\"",
    "é",
    "&a",
    "*a",
    "<<",
    "proxy",
    "source_address",
    "'socks5://u:p%41@h'",
];

/// Any tree of mappings, lists and pieces, written in YAML's bracketed form.
fn any_tree() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(PIECES).prop_map(str::to_owned);
    piece.clone().prop_recursive(5, 60, 6, move |inner| {
        let map = proptest::collection::vec((piece.clone(), inner.clone()), 0..6).prop_map(|entries| {
            let entries: Vec<String> =
                entries.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{{ {} }}", entries.join(", "))
        });
        let list =
            proptest::collection::vec(inner, 0..4).prop_map(|items| format!("[ {} ]", items.join(", ")));
        prop_oneof![map, list]
    })
}

fn answers(text: &str) {
    if let Err(problems) = World::default().with_variable("KEY", "value").check(Some(text)) {
        assert!(!problems.is_empty());
        for problem in problems {
            // The schema and the structs differ by a mistake of ours if serde refuses what the walk accepted.
            assert!(!problem.message.contains("cannot be used"), "{text}\n{problem}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answers(&text);
    }

    #[test]
    fn any_tree_is_answered(text in any_tree()) {
        answers(&text);
    }

    #[test]
    fn any_proxy_is_answered(text in "(http|socks5h?)?(://)?[a-z:@%/0-9.\\[\\]]{0,20}|\\PC*", list in "\\PC*") {
        let world = World::default().with_variable("HTTPS_PROXY", &text).with_variable("NO_PROXY", &list);
        let file = format!("providers: {{ a: {{ base_url: 'https://h', proxy: {text:?} }}, b: {{ base_url: 'https://h' }} }}");
        let _ = world.check(Some(&file));
        answers(&file);
    }

    #[test]
    fn any_section_is_answered(section in 0_usize..7, text in any_tree()) {
        answers(&format!("{}: {text}", PIECES[section]));
    }

    #[test]
    fn any_cut_of_a_real_file_is_answered(at in 0_usize..600, drop in 0_usize..40) {
        let text = include_str!("../../../../../examples/two-providers.yaml");
        let characters: Vec<char> = text.chars().collect();
        let start = at.min(characters.len());
        let end = (start + drop).min(characters.len());
        answers(&characters[..start].iter().chain(&characters[end..]).collect::<String>());
    }
}
