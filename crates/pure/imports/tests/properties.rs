//! Whatever another gateway is configured to do, its draft is a configuration that our own check takes, and its report holds
//! no secret.

use imports::litellm::{self, Outside};
use imports::new_api::{self, NewApiTables};
use imports::{Imported, Report};
use proptest::collection::vec;
use proptest::prelude::*;
use providers::foreign::NewApiLayout;
use serde_json::{Value, json};

const SECRET: &str = "sk-secret-0123456789";

fn check(imported: &Imported) {
    let text = imported.draft.yaml("a test");
    if let Err(problems) = imported.check("bellwether.yaml", &text) {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}\n{text}", problems.join("\n"));
    }
    assert!(!text.contains(SECRET) && !shown(&imported.report).contains(SECRET), "{text}");
}

fn shown(report: &Report) -> String {
    let words = |finding: &imports::Finding| {
        format!("{} {} {}\n", finding.what, finding.said, finding.advice.clone().unwrap_or_default())
    };
    report.findings().iter().map(words).collect()
}

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![4 => prop::sample::select(words).prop_map(Value::from), 1 => odd()]
}

/// What nobody should write there.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!("")),
        Just(json!("x".repeat(300))),
        Just(json!("two words")),
        Just(json!("line\nfeed")),
        Just(json!("渠道")),
        Just(json!("*")),
    ]
}

fn address() -> impl Strategy<Value = Value> {
    one_of(&[
        "https://api.openai.com/v1",
        "https://relay.example.com",
        "http://127.0.0.1:8000/v1",
        "http://[::1]:9/",
        "relay.example.com",
        "https://x/?key=1",
        "os.environ/BASE",
        "os.environ/UNSET",
        "https://UPPER.example.com/V1/",
    ])
}

fn key() -> impl Strategy<Value = Value> {
    one_of(&[
        SECRET,
        "os.environ/OPENAI_API_KEY",
        "os.environ/bad name",
        "none",
        "sk-secret-0123456789 \n second",
    ])
}

fn name() -> impl Strategy<Value = Value> {
    one_of(&["a", "b", "gpt-4o", "a/b", "groq/*", "openai/*", "*", "true", "4o", "a: b", "- a", "#a"])
}

fn deployment() -> impl Strategy<Value = Value> {
    let model = one_of(&[
        "gpt-4o",
        "openai/gpt-4o",
        "openai/*",
        "groq/*",
        "groq/x",
        "azure/x",
        "ollama/x",
        "bedrock/x",
        "nobody/x",
        "*",
        "openai_like/x",
        "hosted_vllm/a/b",
        "novita/x",
        "claude-x",
        "gemini/x",
    ]);
    let seconds = one_of(&["5", "7200", "0", "many", "1e400", "os.environ/UNSET"]);
    (name(), model, address(), key(), seconds, any::<bool>()).prop_map(
        |(name, model, base, key, timeout, bare)| {
            let mut params = json!({ "model": model, "api_key": key, "timeout": timeout, "weight": 2 });
            if !bare {
                params["api_base"] = base;
            }
            json!({ "model_name": name, "litellm_params": params })
        },
    )
}

fn channel() -> impl Strategy<Value = Value> {
    let models = one_of(&["gpt-4o", "a,b", "a, b ,,a", "x\ny"]);
    let mapping = one_of(&["{\"a\":\"b\",\"b\":\"a\"}", "{\"a\":\"two words\"}", "not json", "{\"a\":\"\"}"]);
    let proxy = one_of(&[
        "{\"proxy\":\"socks5://h:1\"}",
        "{\"proxy\":\"http://u:sk-secret-0123456789@h:1\"}",
        "{\"proxy\":7}",
    ]);
    (name(), -1..105_i64, address(), key(), models, mapping, proxy).prop_map(
        |(name, number, base, key, models, mapping, setting)| {
            json!({
                "id": number, "type": number, "name": name, "base_url": base, "key": key, "status": 1,
                "models": models, "model_mapping": mapping, "setting": setting, "header_override": SECRET,
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_litellm_file(list in vec(deployment(), 0..8), names in vec(name(), 0..4), seconds in odd()) {
        let text = json!({
            "model_list": list,
            "router_settings": {
                "fallbacks": names.iter().map(|name| json!({ "a": [name], "gpt-4o": names })).collect::<Vec<_>>(),
                "model_group_alias": { "alias": "a", "two words": "a", "a": "b" },
                "timeout": seconds, "redis_password": SECRET,
            },
            "environment_variables": { "OPENAI_API_KEY": SECRET },
        });
        let variable = |name: &str| (name == "BASE").then(|| "https://base.example.com/v1".to_owned());
        let outside = Outside { variable: &variable, read_file: &|_| Err("no such file".to_owned()) };
        check(&litellm::plan("config.yaml", &text.to_string(), &outside).expect("JSON is YAML"));
    }

    #[test]
    fn any_channels(list in vec(channel(), 0..8), is_new in any::<bool>()) {
        let mut tables = NewApiTables::default();
        tables.add_json(&json!({ "channels": list }).to_string()).expect("rows");
        let layout = if is_new { NewApiLayout::NewApi } else { NewApiLayout::OneApi };
        check(&new_api::plan(&tables, layout).imported);
    }
}
