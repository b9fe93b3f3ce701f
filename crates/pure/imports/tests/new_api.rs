//! The tables of a new-api and of a one-api, and what becomes of each part of them.

use domain::Timestamp;
use imports::new_api::{NewApiImport, NewApiTables, Seal, layout_of, plan};
use imports::{Fate, Finding};
use providers::foreign::NewApiLayout;
use serde_json::Value;

const NEW_API: &str = include_str!("samples/new-api/tables.json");
const ONE_API: &str = include_str!("samples/one-api/tables.json");

fn tables(text: &str) -> NewApiTables {
    let mut tables = NewApiTables::default();
    tables.add_json(text).expect("rows");
    tables
}

fn import(text: &str) -> NewApiImport {
    let tables = tables(text);
    plan(&tables, layout_of(&tables).expect("the columns tell"))
}

/// The YAML, which our own check accepts.
#[track_caller]
fn accepted(import: &NewApiImport) -> String {
    let text = import.imported.draft.yaml("a test");
    if let Err(problems) = import.imported.check("bellwether.yaml", &text) {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}\n{text}", problems.join("\n"));
    }
    text
}

fn said(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let advice = finding.advice.as_deref().unwrap_or_default();
        format!("{} [{}]: {}; {advice}\n", finding.what, finding.fate.name(), finding.said)
    };
    findings.iter().map(line).collect()
}

#[track_caller]
fn check_finding(import: &NewApiImport, fate: Fate, what: &str, words: &str) {
    let findings = import.imported.report.findings();
    let found = findings
        .iter()
        .any(|finding| finding.fate == fate && finding.what.contains(what) && finding.said.contains(words));
    assert!(found, "{what}: {words}\n{}", said(findings));
}

fn records(import: &NewApiImport) -> Vec<Value> {
    let seal = Seal { digest: &|key| [u8::try_from(key.len()).expect("a short key"); 32], mark: [7; 32] };
    let lines = import.accounts.lines(&seal, Timestamp(0));
    assert!(!lines.contains("tokenKey"), "no key as itself: {lines}");
    lines.lines().map(|line| serde_json::from_str(line).expect("a record a line")).collect()
}

#[test]
fn channels_become_providers_with_their_addresses_keys_and_ways_out() {
    let import = import(NEW_API);
    let text = accepted(&import);
    let main = "  main-openai:
    kind: openai
    credentials:
      - env:NEW_API_CHANNEL_1_KEY
      - env:NEW_API_CHANNEL_1_KEY_2
    proxy: env:NEW_API_CHANNEL_1_PROXY
    models:
      - gpt-4o-2024-11-20
      - gpt-4o-mini
      - o3
";
    assert!(text.contains(main), "{text}");
    let relay = "  channel-3:
    kind: compatible
    base_url: https://relay.example.com/v1
    credentials:
      - env:NEW_API_CHANNEL_3_KEY
    proxy: http://proxy.internal:3128
";
    assert!(text.contains(relay), "{text}");
    assert!(
        text.contains("base_url: https://open.bigmodel.cn/api/coding/paas/v4\n"),
        "a plan's word: {text}"
    );
    assert!(text.contains("base_url: https://c.example.com/api\n"), "of a whole request: {text}");
    assert!(text.contains("base_url: http://ollama.internal:11434/v1\n    credentials: []\n"), "{text}");
    let kept: Vec<(&str, &str)> =
        import.imported.secrets.iter().map(|kept| (kept.variable.as_str(), kept.secret.expose())).collect();
    assert_eq!(
        kept[..3],
        [
            ("NEW_API_CHANNEL_1_KEY", "sk-upstream-0000000001"),
            ("NEW_API_CHANNEL_1_KEY_2", "sk-upstream-0000000003"),
            ("NEW_API_CHANNEL_1_PROXY", "socks5://me:proxy-password@proxy.internal:1080"),
        ]
    );
}

#[test]
fn models_have_their_channels_by_priority_and_mapped_names() {
    let text = accepted(&import(NEW_API));
    let models = text.split_once("\nmodels:\n").unwrap().1;
    let expected = "  gpt-4o:
    targets:
      - main-openai/gpt-4o-2024-11-20
      - channel-3/gpt-4o
  gpt-4o-mini:
    targets:
      - main-openai/gpt-4o-mini
      - deepseek/deepseek-chat
";
    assert!(models.starts_with(expected), "{models}");
    assert!(models.ends_with("limits:\n  attempts_max: 5\n"), "RetryTimes: {models}");
}

#[test]
fn every_lost_part_is_named_and_no_secret_shown() {
    let import = import(NEW_API);
    let check = |fate, what, words| check_finding(&import, fate, what, words);
    check(Fate::Lost, "channel 1 (Main OpenAI) param_override", "passed on");
    check(Fate::Lost, "channel 1 (Main OpenAI) setting.force_format", "passed on");
    check(Fate::Lost, "channel 1 (Main OpenAI) settings.allow_service_tier", "passed on");
    check(Fate::Lost, "channel 1 (Main OpenAI)", "keys that are switched off: 1");
    check(Fate::Lost, "channel 1 (Main OpenAI)", "groups default, vip");
    check(Fate::Lost, "channel 4 (vertex)", "service account");
    check(Fate::Lost, "channel 5 (off)", "switched off");
    check(Fate::Lost, "channel 6 (from the future)", "type 99");
    check(Fate::Changed, "channel 9 (keyless)", "NEW_API_CHANNEL_9_KEY");
    check(Fate::Changed, "channels.priority", "tried in order");
    check(Fate::Lost, "options SMTPToken", "other settings");
    check(Fate::Carried, "options QuotaPerUnit, ModelRatio, GroupRatio", "price book");
    check(Fate::Carried, "users (2)", "balances");
    check(Fate::Lost, "users (2)", "passwords");
    check(Fate::Lost, "tokens (1 without a key)", "masked");
    check(Fate::Lost, "tokens (1 deleted)", "deleted");
    let shown = said(import.imported.report.findings()) + &accepted(&import) + &format!("{import:?}");
    for secret in ["not-to-be-seen", "sk-upstream", "proxy-password", "tokenKey", "service_account"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[test]
fn tables_that_are_not_read_are_told_with_their_rows() {
    let mut tables = tables(NEW_API);
    tables.others =
        vec![("redemptions".into(), 3), ("logs".into(), 0), ("abilities".into(), 9), ("odd".into(), 1)];
    let import = plan(&tables, NewApiLayout::NewApi);
    check_finding(&import, Fate::Lost, "redemptions (3 rows)", "vouchers");
    check_finding(&import, Fate::Lost, "odd (1 rows)", "not read");
    let findings = said(import.imported.report.findings());
    assert!(!findings.contains("logs") && !findings.contains("abilities"), "{findings}");
}

#[test]
fn accounts_are_records_with_digests_and_whole_amounts() {
    let records = records(&import(NEW_API));
    let kinds: Vec<&str> = records.iter().map(|record| record["record"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["head", "price", "price", "price", "user", "user", "key", "key"]);
    let head = &records[0];
    assert_eq!((head["format"].as_str(), head["version"].as_u64()), (Some("bellwether.accounts"), Some(1)));
    assert_eq!((head["quota_per_usd"].as_str(), head["source"].as_str()), (Some("500000"), Some("new-api")));
    assert_eq!(head["key_mark"], "07".repeat(32));
    let reseller = &records[5];
    assert_eq!(
        (reseller["quota"].as_i64(), reseller["quota_of_invitations"].as_i64()),
        (Some(123_457), Some(77))
    );
    assert_eq!((reseller["role"].as_str(), reseller["group"].as_str()), (Some("user"), Some("vip")));
    let (app, old) = (&records[6], &records[7]);
    // 51 bytes: `sk-` and the 48 that are stored.
    assert_eq!(app["digest"], "33".repeat(32), "of the key as callers send it");
    assert_eq!(app["hint"], "sk-…AAAA");
    assert_eq!(app["models"], serde_json::json!(["gpt-4o", "deepseek-chat"]));
    assert_eq!(app["networks"], serde_json::json!(["10.0.0.0/8", "192.0.2.1"]));
    assert_eq!((app["state"].as_str(), app["quota"].as_i64()), (Some("active"), Some(500_000)));
    assert_eq!(app["expires_at"], Value::Null);
    assert_eq!(old["expires_at"], "2025-10-09T08:53:20.000Z");
    assert_eq!((old["state"].as_str(), old["is_unlimited"].as_bool()), (Some("disabled"), Some(true)));
}

#[test]
fn the_same_numbers_mean_other_vendors_in_one_api() {
    let import = import(ONE_API);
    let text = accepted(&import);
    assert!(text.contains("  channel:\n    kind: mistral\n"), "{text}");
    assert!(text.contains("  channel-2:\n    kind: ark\n"), "a name that is taken gets a number: {text}");
    assert!(text.contains("base_url: https://own.example.com/v1\n"), "{text}");
    assert!(text.contains("base_url: https://compat.example.com/openai/v2\n"), "{text}");
    check_finding(&import, Fate::Lost, "channel 1 (channel) system_prompt", "passed on");
    check_finding(&import, Fate::Lost, "channel 2 (channel)", "model_mapping");
    let key = records(&import).pop().unwrap();
    assert_eq!(key["models"], serde_json::json!(["own-1"]));
    assert_eq!(key["networks"], serde_json::json!(["10.0.0.0/8"]));
}

#[test]
fn rows_that_do_not_tell_their_gateway_are_said_to() {
    assert_eq!(layout_of(&tables(r#"[{"id":1,"type":1,"models":"m"}]"#)), None);
    assert_eq!(layout_of(&tables(NEW_API)), Some(NewApiLayout::NewApi));
    assert_eq!(layout_of(&tables(ONE_API)), Some(NewApiLayout::OneApi));
}

#[test]
fn odd_addresses_are_told() {
    let one = |columns: &str| {
        let text =
            format!(r#"[{{"id":1,"status":1,"name":"n","models":"m","key":"k-000","tag":"",{columns}}}]"#);
        import(&text)
    };
    let lost = |columns: &str, words: &str| {
        let import = one(columns);
        assert!(import.imported.draft.is_empty());
        check_finding(&import, Fate::Lost, "channel 1 (n)", words);
    };
    lost(r#""type":47,"base_url":"""#, "no address");
    lost(r#""type":8,"base_url":"https://example.com/{model}/x""#, "does not end with");
    lost(r#""type":1,"base_url":"https://me:pw@example.com""#, "user name or password");
    lost(r#""type":1,"base_url":"nowhere""#, "its address");
    check_finding(
        &one(r#""type":1,"setting":"{\"proxy\":\"ftp://x\"}""#),
        Fate::Lost,
        "channel 1 (n)",
        "its proxy",
    );
}
