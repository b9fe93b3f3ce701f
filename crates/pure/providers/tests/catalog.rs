//! Every entry of the catalogue is sound, and no two claim the same name or variable.

use std::collections::HashSet;

use domain::BaseUrl;
use providers::{COMPATIBLE, all, find};

#[test]
fn base_urls_are_base_urls() {
    for provider in all() {
        let text = provider.base_url.unwrap_or_else(|| panic!("{} has no base URL", provider.name));
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
fn the_documented_order_begins_with_vendors_that_have_their_own_file() {
    let names: Vec<&str> = all().iter().take(4).map(|provider| provider.name).collect();
    assert_eq!(names, ["openai", "anthropic", "gemini", "deepseek"]);
}
