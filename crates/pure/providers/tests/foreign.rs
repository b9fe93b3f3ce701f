//! The tables of other gateways' names are sound, and lead to the addresses that those gateways ask.

use domain::BaseUrl;
use providers::foreign::{ForeignVendor, NewApiLayout, channel_type, litellm, litellm_bare, plan};

fn check(vendor: &ForeignVendor) {
    match &vendor.spoken {
        Ok(spoken) => {
            if let Some(url) = spoken.base_url(None) {
                BaseUrl::parse(&url).unwrap_or_else(|error| panic!("{}: {url} {error}", vendor.name));
            }
            let own = "https://relay.example.com";
            let at = spoken.base_url(Some(own)).expect("an address that is given is kept");
            assert!(at.starts_with(own) && BaseUrl::parse(&at).is_ok(), "{}: {at}", vendor.name);
            assert_eq!(spoken.base_url(Some(&at)), Some(at.clone()), "{}: appended once", vendor.name);
        }
        Err(why) => assert_ne!(*why, "it is not in the catalogue", "{}", vendor.name),
    }
}

#[test]
fn every_entry_is_sound() {
    for number in -1..120 {
        for layout in [NewApiLayout::NewApi, NewApiLayout::OneApi] {
            channel_type(layout, number).into_iter().for_each(check);
        }
    }
    for word in
        ["openai", "azure", "bedrock", "dashscope", "hosted_vllm", "openai_like", "ai21_chat", "vertex_ai"]
    {
        check(litellm(word).unwrap_or_else(|| panic!("{word}")));
    }
    assert_eq!(litellm("nobody"), None);
    assert_eq!(litellm_bare("gpt-4o").unwrap().name, "openai");
    assert_eq!(litellm_bare("claude-sonnet-4-5").unwrap().name, "anthropic");
    assert_eq!(litellm_bare("my-own-model"), None);
    assert!(plan("kimi-coding-plan").is_some() && plan("https://example.com").is_none());
}

#[test]
fn addresses_are_those_that_the_other_gateway_asks() {
    let at = |vendor: Option<&'static ForeignVendor>, given| {
        let spoken = vendor.unwrap().spoken.as_ref().unwrap();
        let (kind, url) = spoken.at(spoken.base_url(given));
        (kind.name, url)
    };
    let own = |text: &str| Some(text.to_owned());
    assert_eq!(at(litellm("openai"), None), ("openai", None));
    assert_eq!(at(litellm("openai"), Some("https://api.openai.com/v1/")), ("openai", None));
    let other = at(litellm("openai"), Some("http://vllm.internal:8000/v1"));
    assert_eq!(other, ("compatible", own("http://vllm.internal:8000/v1")));
    let other_vendor = at(litellm("openai"), Some("https://api.groq.com/openai/v1"));
    assert_eq!(other_vendor, ("groq", None), "a vendor of the catalogue is known by its address");
    let relay = at(litellm("anthropic"), Some("https://relay.example.com"));
    assert_eq!(relay, ("anthropic", own("https://relay.example.com/v1")));
    assert_eq!(
        at(litellm("dashscope"), None),
        ("dashscopeintl", None),
        "a region of a vendor is an entry of its own"
    );
    // The same number, two vendors.
    let number = |layout| channel_type(layout, 27);
    assert_eq!(at(number(NewApiLayout::NewApi), None), ("perplexity", None));
    assert_eq!(at(number(NewApiLayout::OneApi), None), ("minimax", own("https://api.minimax.chat/v1")));
    assert_eq!(at(channel_type(NewApiLayout::NewApi, 1), Some("https://x.example.com")).0, "compatible");
}
