//! Every entry of the catalogue is sound, and no two claim the same name or variable.

use std::collections::HashSet;

use dialects::surface::Operation;
use domain::BaseUrl;
use providers::{COMPATIBLE, Quirk, Replay, ToolChoices, all, find};

#[test]
fn base_urls_are_base_urls() {
    for provider in all() {
        let Some(text) = provider.base_url else { continue };
        let url = BaseUrl::parse(text).unwrap_or_else(|error| panic!("{}: {text} {error}", provider.name));
        assert_eq!(url.to_string(), text, "{}: written in its plain form", provider.name);
        assert!(url.is_tls() || url.host() == "localhost", "{}: keys travel under TLS", provider.name);
        let suffix = provider.base_url_suffix;
        assert!(
            suffix.is_empty() || text.ends_with(suffix),
            "{}: the suffix is the path of its base URL",
            provider.name
        );
    }
}

#[test]
fn names_are_plain_and_nothing_is_claimed_twice() {
    let mut seen = HashSet::new();
    for provider in std::iter::once(&COMPATIBLE).chain(all().iter().copied()) {
        assert!(provider.name.bytes().all(|byte| byte.is_ascii_lowercase()), "{}", provider.name);
        assert!(seen.insert(provider.name), "{} is there twice", provider.name);
        for variable in provider.key_variables {
            let name = variable.strip_suffix("_API_KEY").unwrap_or_else(|| panic!("{variable}"));
            assert!(seen.insert(variable), "{variable} is there twice");
            let sibling = format!("{name}_BASE_URL");
            assert!(provider.base_url_variables.contains(&sibling.as_str()), "{sibling} is missing");
        }
        for variable in provider.base_url_variables {
            assert!(seen.insert(variable), "{variable} is there twice");
        }
        assert_eq!(find(provider.name), Some(provider));
    }
    assert_eq!(find("nobody"), None);
}

#[test]
fn those_without_an_address_of_their_own_are_known() {
    let without: Vec<_> =
        all().iter().filter(|provider| provider.base_url.is_none()).map(|provider| provider.name).collect();
    assert_eq!(without, ["azure", "newapi", "bellwether"]);
}

#[test]
fn hosts_differ_as_written() {
    let has = |name: &str, quirk: Quirk| {
        let provider = find(name).unwrap();
        assert!(provider.quirks.iter().any(|known| *known == quirk), "{name} lacks {quirk:?}");
    };
    has("mistral", Quirk::NineAlphanumerics);
    has("mistral", Quirk::Rename("seed".into(), "random_seed".into()));
    has("groq", Quirk::Drop("logprobs".into()));
    has("perplexity", Quirk::Alternation);
    has("zai", Quirk::ToolChoices(ToolChoices { none: false, required: false, named: false }));
    has("cohere", Quirk::ToolChoices(ToolChoices { none: true, required: true, named: false }));
    has("deepseek", Quirk::Replay(Replay::RequiredWithCalls));
    has("ark", Quirk::CapField("max_completion_tokens".into()));
    has("gemini", Quirk::HiddenThoughts);
    has("openai", Quirk::Replay(Replay::None));
    for name in ["azure", "bellwether", "newapi", "compatible"] {
        assert!(find(name).unwrap().quirks.is_empty(), "{name}");
    }
}

#[test]
fn a_surface_is_one_that_exists_beside_conversations() {
    for provider in all() {
        for surface in provider.surfaces.unwrap_or_default() {
            let is_beside = !matches!(surface, Operation::Conversation | Operation::CountTokens);
            assert!(is_beside, "{}: {surface:?}", provider.name);
        }
    }
}

#[test]
fn the_documented_order_begins_with_vendors_that_have_their_own_file() {
    let names: Vec<&str> = all().iter().take(4).map(|provider| provider.name).collect();
    assert_eq!(names, ["openai", "anthropic", "gemini", "deepseek"]);
}
