//! What is in force can be read as a file, whole and without a secret; two files can be compared the same way.

use config::{configured, difference, effective};

use crate::world::{CERTIFICATE, PRIVATE_KEY, World};

const SECRET: &str = "sk-plain-secret-0123456789abcdef";

/// A file that says everything there is to say.
const EVERYTHING: &str = "
region: eu-central
service: front
workers: 3
trusted_proxies: [10.0.0.0/8, '::1']
private_media: [192.168.7.0/24]
listeners:
  - { address: '0.0.0.0:4000', tls: { certificate: /c.pem, key: /k.pem } }
admin: { listen: '127.0.0.1:4001' }
public_url: https://ai.example.com
spool_dir: /spool
providers:
  '1st':
    kind: openai
    lines: [{ base_url: 'http://a/v1', region: us, concurrent_max: 8 }, { base_url: 'http://b/v1', proxy: 'socks5://p:1', source_address: 10.0.0.1 }]
    region: eu
    concurrent_max: 20
    adaptive: { mode: always, start: 10, floor: 2, ceiling: 30 }
    credentials: ['env:A_KEY', 'file:/secret']
    models: [m, '4o']
    warm_connections: 3
    dialects: [messages, chat]
    surfaces: [embeddings, images]
    quirks: { max_field: max_tokens, drop: [seed], keep: [user], rename: { top_k: k }, temperature_max: '1.5',
      temperature_zero: '0.01', no_developer: true, tool_choices: [none, required], answers: object, nine_char_ids: true,
      speaker_names: of_tools, no_strict: false, schema_drop: ['$schema'], joined_text: true, no_empty_content: true,
      no_null_members: true, reasoning: enable_thinking, efforts: [low, high], replay: required_with_calls,
      alternation: true, hidden_thoughts: true, continues: prefix }
    catalog: { m: { context_tokens: 9, output_tokens_max: 8, images: true, image_urls: false, audio: false, documents: true,
      tools: true, forced_calls: required, parallel_switch: true, answers: object, thinking: budget,
      can_stop_thinking: false, sampling: false, temperature_max_milli: 1000, temperature_with_top_p: false,
      continues_answers: true, stop_texts_max: 4, late_instructions: true } }
  second: { base_url: 'http://c/v1' }
models:
  smart:
    targets: [1st/m, { provider: 1st, model: 4o, region: us, timeout_ms: 12, first_token_ms: 10, idle_ms: 8, total_ms: 15,
      weight: 2, concurrent_max: 3, when: { headers: { x-tier: vip, x-beta: '*' }, keys: [key_1], tags: { team: shop, a/b: '*' }, tokens_min: 1, tokens_max: 9, needs: [tools], stream: true } }]
    fallbacks: [m, { model: second/x, timeout_ms: 14, first_token_ms: 10, idle_ms: 8, total_ms: 15 }]
    on_refusal: next
    model_field: served
    resume: continue
    resume_hold_ms: 7
    hedge: { after_ms: 9 }
    cache: { ttl_seconds: 9, scope: all, hit_percent: 9, tool_calls: false }
keys: { prefix: hs_, expires_days_default: 30 }
metrics: { access: key, key: 'env:M_KEY', provider_label: all }
errors: { code: numeric }
limits: { body_bytes_max: 4096, body_memory_bytes_max: 65536, upload_bytes_max: 5000, spool_bytes_max: 70000, head_bytes_max: 8192, headers_max: 50,
  http2_header_bytes_max: 5000, http2_streams_max: 10, connections_max: 99, answer_bytes_max: 70000,
  output_tokens_default: 4000, attempts_max: 7, concurrent_max: 500, queue_max: 40, queue_wait_ms: 1500, waiting_max: 70, waiting_per_organisation_max: 7,
  plans: { gold: { requests_per_second: 9, requests_per_minute: 60, tokens_per_minute: 1000, input_tokens_per_minute: 900,
    output_tokens_per_minute: 800, concurrent_requests: 4, body_bytes: 5000, prompt_tokens: 700, burst_seconds: 2,
    on_limit: queue, queue_wait_ms: 70, priority: batch } },
  models: { smart: { tokens_per_minute: 5 } }, providers: { second: { requests_per_minute: 6, on_limit: refuse } },
  end_users: { requests_per_minute: 7, on_limit: warn } }
timeouts: { connect_ms: 11, dns_fresh_ms: 9, dns_stale_ms: 10, first_byte_ms: 12, answer_ms: 13, answer_ms_large: 14, answer_ms_xlarge: 15, idle_ms: 16, ping_ms: 22,
  request_head_ms: 17, request_body_ms: 18, tls_handshake_ms: 19, keep_alive_ms: 20, drain_ms: 21 }
retries: { repeats_max: 1, backoff: fibonacci, base_ms: 50, max_ms: 60, wait_ms_max: 70, budget_percent: 80, budget_per_second: 90,
  hedge_percent: 5, hedge_ms_min: 8 }
health: { failures: 4, within_ms: 1000, failure_percent: 30, open_ms: 500, open_ms_max: 600, successes: 2, slow_start_ms: 700,
  wait_ms_max: 800, silence_ms_min: 12, path_watch: false, probes: { every_ms: 700, every_ms_failing: 600, timeout_ms: 500, failures: 4,
  paid: { every_ms: 5000, every_ms_ejected: 400, per_day_max: 7, usd_micros_per_day_max: 300 } } }
log: { format: json, file: /log }
accounts: { new_organisations: prepaid, sign_up_credit: '5.5', sign_up_credit_days: 30, per_email_domain_max: 4, per_ip_max: 3,
  low_balance_webhook: 'https://hooks.example/low', low_balance_secret: 'env:M_KEY' }
ledger: { level: written, remote_wait_ms: 500, slots_file: /slots, segment_bytes: 1048576, journal_bytes_max: 16777216 }
requests: { rows: off, keep_days: 7 }
reports: { sums: off, keep_hours_days: 31, market_rates: { USD: '7.1', EUR: '38/5' } }
idempotency: { hours: 7, bytes_max: 70000000, keys_max: 7000 }
cache: { bytes_max: 2000000, entry_bytes_max: 2000, ttl_seconds: 7, scope: key, hit_percent: 7, tool_calls: true, keys: [key_a] }
alerts:
  { look_seconds: 5, window_seconds: 60, calls_min: 7, clear_seconds: 8, group_wait_seconds: 9, repeat_seconds: 0,
    spend_window_seconds: 600, spend_min: '2.5', upstream_balance_seconds: 0,
    rules: { latency: { enabled: false, severity: info, threshold: 500, for_seconds: 30 } },
    channels: {
      chat: { kind: slack, url: 'env:HOOK', severity_min: critical, rules: [provider_down] },
      bot: { kind: telegram, token: 'env:M_KEY', chat_id: '-100', api_url: 'https://t.example' },
      duty: { kind: pagerduty, routing_key: 'env:M_KEY' },
      own: { kind: webhook, url: 'https://hooks.example/x', secret: 'env:M_KEY', public_only: true },
      post: { kind: email, host: mail.example, port: 26, tls: none, username: me, password: 'env:M_KEY',
        from: 'a@example.com', to: [b@example.com] } } }
";

fn world() -> World {
    World::default()
        .with_variable("A_KEY", "a-key-that-is-secret")
        .with_variable("HOOK", "https://hooks.slack.example/services/x")
        .with_variable("M_KEY", "m-key-that-is-secret")
        .with_file("/secret", "f-key-that-is-secret\n")
        .with_file("/c.pem", CERTIFICATE)
        .with_file("/k.pem", PRIVATE_KEY)
}

#[test]
fn what_is_in_force_is_itself_a_configuration_of_the_same_meaning() {
    for text in [EVERYTHING, "", "providers: { local: { base_url: 'http://c/v1' } }"] {
        let once = effective(&world().good(text));
        let again = effective(&world().good(&once));
        assert_eq!(once, again);
    }
}

#[test]
fn everything_that_can_be_configured_is_shown() {
    let shown = effective(&world().good(EVERYTHING));
    let schema: serde_json::Value = serde_json::from_str(&config::schema_text()).unwrap();
    let sections = schema["$defs"].as_object().unwrap().values();
    let mut names: Vec<&str> = std::iter::once(&schema)
        .chain(sections)
        .filter_map(|section| section["properties"].as_object())
        .flat_map(|properties| properties.keys().map(String::as_str))
        .collect();
    // A provider's own address and region are shown as its lines.
    assert!(names.contains(&"base_url") && names.contains(&"timeout_ms"));
    names.retain(|name| !shown.contains(&format!("{name}:")));
    assert_eq!(names, [""; 0], "missing in:\n{shown}");
}

#[test]
fn no_secret_is_shown() {
    let text = format!("providers: {{ openai: {{ credentials: ['{SECRET}', 'env:A_KEY'] }} }}");
    let snapshot = world().good(&text);
    let shown = effective(&snapshot);
    assert!(!shown.contains(SECRET) && !shown.contains("a-key-that-is-secret"), "{shown}");
    assert!(
        shown.contains("…cdef (plain text in the file, not shown)") && shown.contains("env:A_KEY"),
        "{shown}"
    );
}

#[test]
fn the_short_form_shows_what_somebody_configured() {
    let world = world();
    let default = world.good("");
    let shown = configured(&world.good("timeouts: { idle_ms: 5000 }\nlimits: { attempts_max: 3 }"), &default);
    assert_eq!(shown, "timeouts:\n  idle_ms: 5000\n");
    assert_eq!(configured(&default, &default), "");
}

#[track_caller]
fn changes(before: &str, after: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let changes = difference(before, after).expect("both can be read");
    changes.into_iter().map(|change| (change.path, change.before, change.after)).collect()
}

#[test]
fn a_difference_names_each_value() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(changes("a: 1", "a: 1 # the same"), []);
    assert_eq!(
        changes(
            "timeouts: { idle_ms: 1, drain_ms: 2 }\nregion: x",
            "timeouts: { idle_ms: 3 }\nregion: x\nservice: s"
        ),
        [
            ("timeouts.idle_ms".to_owned(), some("1"), some("3")),
            ("service".to_owned(), None, some("\"s\"")),
            ("timeouts.drain_ms".to_owned(), some("2"), None),
        ]
    );
    assert!(difference("a: [", "a: 1").is_err());
}

#[test]
fn a_difference_shows_no_secret() {
    let with = |key: &str| format!("providers: {{ openai: {{ credentials: ['{key}'], api_key: '{key}' }} }}");
    let told = changes(&with(SECRET), &with("sk-other-secret-fedcba9876543210"));
    assert_eq!(told.len(), 2, "{told:?}");
    let words = format!("{told:?}");
    assert!(!words.contains("0123456789") && !words.contains("fedcba"), "{words}");
    assert_eq!(told[0].2.as_deref(), Some("another: a secret (not shown)"));
    let told = changes(&with(SECRET), &with("env:OPENAI_API_KEY"));
    assert_eq!(told[0].2.as_deref(), Some("env:OPENAI_API_KEY"));
}
