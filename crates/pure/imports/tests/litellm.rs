//! A LiteLLM configuration as people write it, and what becomes of each part of it.

use std::collections::BTreeMap;

use imports::litellm::{Outside, plan};
use imports::{Fate, Finding, Imported};

const SAMPLE: &str = include_str!("samples/litellm/config.yaml");
const INCLUDED: &str = include_str!("samples/litellm/more.yaml");

/// Imports a text; `variables` are set, `more.yaml` is there.
fn import(text: &str, variables: &[(&str, &str)]) -> Imported {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let outside = Outside {
        variable: &|name| variables.get(name).map(|text| (*text).to_owned()),
        read_file: &|path| {
            if path == "more.yaml" { Ok(INCLUDED.to_owned()) } else { Err("no such file".to_owned()) }
        },
    };
    plan("config.yaml", text, &outside).expect("good YAML")
}

fn sample() -> Imported {
    import(SAMPLE, &[("AZURE_API_BASE", "https://eu.openai.azure.com/")])
}

/// The YAML, which our own check accepts.
#[track_caller]
fn accepted(imported: &Imported) -> String {
    let text = imported.draft.yaml("a test");
    if let Err(problems) = imported.check("bellwether.yaml", &text) {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}\n{text}", problems.join("\n"));
    }
    text
}

fn said(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let place = finding.spot.as_ref().map(|spot| format!("{}:{} ", spot.file, spot.place.line));
        format!("{}{} [{}]: {}\n", place.unwrap_or_default(), finding.what, finding.fate.name(), finding.said)
    };
    findings.iter().map(line).collect()
}

#[track_caller]
fn check_finding(imported: &Imported, fate: Fate, what: &str, words: &str) {
    let found =
        imported.report.findings().iter().any(|finding| {
            finding.fate == fate && finding.what.contains(what) && finding.said.contains(words)
        });
    assert!(found, "{what}: {words}\n{}", said(imported.report.findings()));
}

#[test]
fn deployments_become_targets_and_fallbacks_follow() {
    let text = accepted(&sample());
    let models = text.split_once("\nmodels:\n").unwrap().1;
    let chain = "  gpt-4o:
    targets:
      - provider: openai
        model: gpt-4o
        timeout_ms: 45000
      - anthropic/claude-sonnet-4-5
      - provider: openai
        model: gpt-4o-mini
        timeout_ms: 45000
      - vllm.internal/llama-3.1-70b
";
    assert!(models.contains(chain), "{models}");
    assert!(
        models.contains(&chain.replace("gpt-4o:", "gpt-4:")),
        "an alias falls back as what it means: {models}"
    );
    assert!(models.ends_with(
        "limits:
  attempts_max: 4
  body_bytes_max: 20971520
timeouts:
  first_byte_ms: 120000
  answer_ms: 120000
"
    ));
}

#[test]
fn providers_are_told_apart_by_address_and_key() {
    let text = accepted(&sample());
    let providers = text.split_once("providers:\n").unwrap().1.split_once("\nmodels:\n").unwrap().0;
    let openai = "  openai:
    credentials:
      - env:OPENAI_API_KEY
    models:
      - gpt-4o
      - gpt-4o-mini
      - text-embedding-3-small
";
    assert!(providers.contains(openai), "a key that is not said is the usual one: {providers}");
    assert!(providers.contains("  groq:\n    credentials:\n      - env:GROQ_API_KEY\n"), "{providers}");
    let local = "  vllm.internal:
    kind: compatible
    base_url: http://vllm.internal:8000/v1
    credentials: []
";
    assert!(providers.contains(local), "{providers}");
    assert!(providers.contains("base_url: http://ollama.internal:11434/v1\n"), "{providers}");
    assert!(providers.contains("  deepseek:\n"), "of the included file: {providers}");
}

#[test]
fn secrets_go_to_variables_and_are_shown_nowhere() {
    let imported = sample();
    let kept: Vec<(&str, &str)> =
        imported.secrets.iter().map(|kept| (kept.variable.as_str(), kept.secret.expose())).collect();
    assert!(kept.contains(&("LITELLM_ANTHROPIC_KEY", "sk-ant-made-up-key-0123456789")), "{kept:?}");
    let findings = imported.report.findings();
    let advice: String = findings.iter().filter_map(|finding| finding.advice.clone()).collect();
    let shown = accepted(&imported) + &said(findings) + &advice + &format!("{imported:?}");
    for secret in ["sk-ant", "not-to-be-seen", "sk-should", "redis-password-", "db-password", "made-up-beta"]
    {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[test]
fn every_lost_setting_is_named() {
    let imported = sample();
    let check = |fate, what, words| check_finding(&imported, fate, what, words);
    check(Fate::Lost, "model_list[8] (nova)", "signs requests");
    check(Fate::Lost, "model_list[9] (mystery)", "nowhere names no vendor");
    check(Fate::Lost, "model_list[10] (two words)", "without spaces");
    check(Fate::Lost, "model_list[3].litellm_params.extra_headers", "no headers");
    check(Fate::Lost, "model_list[1].model_info", "input_cost_per_token");
    check(Fate::Changed, "model_list[3].litellm_params.api_key", "LITELLM_ANTHROPIC_KEY");
    check(Fate::Changed, "model_list[7] (groq/*)", "takes any model");
    check(Fate::Changed, "router_settings.routing_strategy", "tried in order");
    check(Fate::Lost, "router_settings.model_group_alias.ghost", "no model");
    check(Fate::Lost, "router_settings.context_window_fallbacks", "too long");
    check(Fate::Lost, "litellm_settings.cache", "not cached");
    check(Fate::Lost, "litellm_settings.success_callback", "request log");
    check(Fate::Lost, "litellm_settings.unheard_of", "no such setting");
    check(Fate::Lost, "general_settings.master_key", "admin key");
    check(Fate::Lost, "general_settings.database_url", "database");
    check(Fate::Lost, "environment_variables.LANGFUSE_SECRET_KEY", "sets no variables");
    check(Fate::Lost, "mcp_servers", "no such setting");
    check(Fate::Carried, "include[0]", "more.yaml");
    let nova = imported.report.findings().iter().find(|finding| finding.what.contains("nova")).unwrap();
    assert_eq!(
        nova.spot.as_ref().map(|spot| (spot.file.as_str(), spot.place.line)),
        Some(("config.yaml", 50))
    );
}

#[test]
fn bad_yaml_is_told_with_its_line() {
    let outside = Outside { variable: &|_| None, read_file: &|_| Err("no such file".to_owned()) };
    let problems = plan("config.yaml", "model_list:\n\t- model_name: x\n", &outside).unwrap_err();
    assert!(problems[0].to_string().starts_with("config.yaml:2:"), "{}", problems[0]);
    let bad_include = Outside { variable: &|_| None, read_file: &|_| Ok("a: [".to_owned()) };
    let problems = plan("config.yaml", "include: [part.yaml]\n", &bad_include).unwrap_err();
    assert!(problems[0].to_string().starts_with("part.yaml:1:"), "{}", problems[0]);
}

#[test]
fn corners() {
    let one = |params: &str| {
        import(&format!("model_list: [{{ model_name: m, litellm_params: {{ {params} }} }}]"), &[])
    };
    let lost = |params: &str, words: &str| {
        let imported = one(params);
        assert!(imported.draft.is_empty());
        check_finding(&imported, Fate::Lost, "model_list[0]", words);
    };
    lost("model: openai/x, api_base: 'https://me:pass@example.com/v1'", "user name or password");
    lost("model: openai/x, api_base: os.environ/NOT_SET", "NOT_SET is not set");
    lost("model: openai_like/x", "no address");
    lost("api_key: x", "needs model_name");
    lost("model: x, custom_llm_provider: nobody", "the vendor nobody");
    let custom = accepted(&one(
        "model: meta/llama, custom_llm_provider: openai, api_base: 'http://h:1/v1', api_key: x",
    ));
    assert!(custom.contains("- h/meta/llama\n"), "{custom}");
    let relay = accepted(&one(
        "model: claude-opus-4-7, api_base: 'https://relay.example.com', api_key: os.environ/K",
    ));
    assert!(relay.contains("base_url: https://relay.example.com/v1\n"), "{relay}");
    let long = one("model: gpt-4o, timeout: 7200");
    assert!(accepted(&long).contains("timeout_ms: 3600000\n"), "{}", accepted(&long));
    check_finding(&long, Fate::Changed, "timeout", "cut to an hour");
    let many: String =
        (0..12).map(|at| format!("- {{ model_name: m, litellm_params: {{ model: gpt-{at} }} }}\n")).collect();
    assert!(accepted(&import(&format!("model_list:\n{many}"), &[])).contains("attempts_max: 10\n"));
    let nothing = import("", &[]);
    assert!(nothing.draft.is_empty() && nothing.report.count(Fate::Lost) == 1);
}

#[test]
fn a_named_credential_and_variables_of_the_file_are_followed() {
    let text = "model_list:
  - { model_name: m, litellm_params: { model: openai/gpt-4o, litellm_credential_name: mine } }
  - { model_name: n, litellm_params: { model: mistral/x, litellm_credential_name: in-database } }
credential_list:
  - { credential_name: mine, credential_values: { api_key: os.environ/MY_KEY, api_base: os.environ/MY_BASE } }
environment_variables: { MY_KEY: my-key-0123456789, MY_BASE: 'https://gateway.example.com/v1' }
";
    let imported = import(text, &[]);
    let written = accepted(&imported);
    let provider = "base_url: https://gateway.example.com/v1\n    credentials:\n      - env:MY_KEY\n";
    assert!(written.contains(provider), "{written}");
    assert_eq!(imported.secrets.len(), 1);
    check_finding(&imported, Fate::Carried, "environment_variables.MY_KEY", "secrets");
    check_finding(&imported, Fate::Changed, "api_base", "MY_BASE was looked up");
    check_finding(&imported, Fate::Lost, "litellm_credential_name", "in-database is not in this file");
}

#[test]
fn wildcards_become_providers_that_take_any_model() {
    let text = |names: &[(&str, &str)]| -> String {
        let line = |(name, params): &(&str, &str)| {
            format!("- {{ model_name: '{name}', litellm_params: {{ {params} }} }}\n")
        };
        format!("model_list:\n{}", names.iter().map(line).collect::<String>())
    };
    let any = import(&text(&[("*", "model: '*', api_key: os.environ/A")]), &[]);
    assert!(accepted(&any).ends_with("  openai:\n    credentials:\n      - env:A\n"), "{}", accepted(&any));
    check_finding(&any, Fate::Changed, "model_list[0] (*)", "any vendor was meant");
    let two = import(
        &text(&[
            ("team/*", "model: 'openai/*', api_base: 'http://h:1/v1', api_key: os.environ/A"),
            ("team/*", "model: 'openai/*', api_base: 'http://h:1/v1', api_key: os.environ/B"),
            ("team/*", "model: 'groq/*', api_key: os.environ/C"),
            ("gpt-*", "model: 'openai/gpt-*'"),
            ("m", "model: openai/m, api_base: 'http://h:1/v1', api_key: os.environ/A"),
        ]),
        &[],
    );
    let written = accepted(&two);
    let team = "  team:
    kind: compatible
    base_url: http://h:1/v1
    credentials:
      - env:A
      - env:B
models:
  m:
    targets:
      - team/m
";
    assert!(written.contains(team), "{written}");
    check_finding(&two, Fate::Changed, "model_list[1]", "another credential of team");
    check_finding(&two, Fate::Lost, "model_list[2]", "another provider is called team");
    check_finding(&two, Fate::Lost, "model_list[3]", "only name/* and *");
}

#[test]
fn a_key_that_stands_as_text_and_in_a_variable_is_one_credential() {
    let text = "
model_list:
  - {model_name: groq/*, litellm_params: {model: openai/*, api_base: https://a.example/v1, api_key: sk-one}}
  - {model_name: groq/*, litellm_params: {model: openai/*, api_base: https://a.example/v1, api_key: os.environ/ONE}}
  - {model_name: groq/*, litellm_params: {model: openai/*, api_base: https://a.example/v1, api_key: os.environ/TWO}}
environment_variables: {ONE: sk-one, TWO: sk-two}
";
    let draft = accepted(&import(text, &[]));
    let credentials = draft.lines().filter(|line| line.contains("- env:")).map(str::trim).collect::<Vec<_>>();
    assert_eq!(credentials, ["- env:LITELLM_GROQ_KEY", "- env:TWO"], "{draft}");
}

#[test]
fn names_that_nobody_is_known_to_serve_go_where_the_star_went() {
    let text = "model_list:
- { model_name: 'anthropic/*', litellm_params: { model: 'anthropic/*', api_key: os.environ/A } }
- { model_name: '*', litellm_params: { model: 'openai/*', api_key: os.environ/B } }
";
    let written = accepted(&import(text, &[]));
    let (star, other) = (written.find("  openai:").unwrap(), written.find("  anthropic:").unwrap());
    assert!(star < other, "{written}");
}

#[test]
fn settings_that_another_overrules_are_told() {
    let text = "model_list:
- { model_name: a, litellm_params: { model: openai/gpt-4o } }
- { model_name: b, litellm_params: { model: groq/llama } }
litellm_settings: { fallbacks: [{ a: [b] }], default_fallbacks: [a], request_timeout: 10 }
router_settings: { fallbacks: [{ b: [a] }], default_fallbacks: [b], timeout: 30 }
";
    let imported = import(text, &[]);
    for setting in ["fallbacks", "default_fallbacks"] {
        let words = format!("router_settings.{setting} goes before it");
        check_finding(&imported, Fate::Lost, &format!("litellm_settings.{setting}"), &words);
    }
    check_finding(&imported, Fate::Lost, "litellm_settings.request_timeout", "router_settings.timeout goes");
    check_finding(&imported, Fate::Changed, "router_settings.timeout", "30000 ms");
    let told = said(imported.report.findings());
    assert!(!told.contains("10000"), "{told}");
}

#[test]
fn a_vendor_is_called_as_the_file_calls_it() {
    let text = "model_list: [{ model_name: a, litellm_params: { model: replicate/llama } }]";
    let imported = import(text, &[]);
    check_finding(&imported, Fate::Lost, "model_list[0] (a)", "replicate: ");
}

#[test]
fn a_list_that_is_none_is_told() {
    check_finding(&import("model_list: gpt-4o", &[]), Fate::Lost, "model_list", "no list");
    check_finding(&import("model_list: { model_name: a }", &[]), Fate::Lost, "model_list", "no list");
}

#[test]
fn a_resource_with_deployments_is_reached_by_its_newer_endpoint() {
    let imported = sample();
    let written = accepted(&imported);
    let provider = "  azure:
    base_url: https://eu.openai.azure.com/openai/v1
    credentials:
      - env:AZURE_API_KEY_EU
    models:
      - gpt-4o-eu
";
    assert!(written.contains(provider), "{written}");
    check_finding(&imported, Fate::Changed, "model_list[0] (gpt-4o-eu)", "v1 endpoint");
    check_finding(
        &imported,
        Fate::Changed,
        "model_list[0].litellm_params.api_base",
        "AZURE_API_BASE was looked up",
    );
    check_finding(&imported, Fate::Carried, "environment_variables.AZURE_API_KEY_EU", "secrets");
}
