//! Good configurations, and what becomes of them.

use std::net::SocketAddr;
use std::time::Duration;

use config::{LISTEN_DEFAULT, LogFormat, MetricsAccess, Overrides, Stored};
use dialects::surface::Operation;
use domain::{BaseUrl, Secret};
use providers::Quirk;

use crate::world::{CERTIFICATE, PRIVATE_KEY, World};

/// Places of provider and line, and the name sent, in the order of the route.
fn targets(snapshot: &config::Snapshot, model: &str) -> Vec<(u16, u16, Option<String>)> {
    let route = snapshot.routes.find(model).expect("a known name");
    let target =
        |target: &routing::Target| (target.provider, target.line, target.model.as_deref().map(str::to_owned));
    route.targets.iter().map(target).collect()
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let snapshot = World::default().check(None).unwrap();
    assert_eq!((snapshot.region.as_str(), snapshot.service.as_str()), ("local", "bellwether"));
    assert_eq!(snapshot.listeners.len(), 1);
    assert_eq!(snapshot.listeners[0].address, LISTEN_DEFAULT);
    assert_eq!((snapshot.workers, snapshot.admin_listen), (None, None));
    assert_eq!((snapshot.keys.prefix.as_str(), snapshot.keys.expires_days_default), ("bw_", Some(90)));
    assert!(snapshot.trusted_proxies.is_empty(), "nobody is believed unasked");
    assert!(snapshot.private_media.is_empty(), "nobody reaches inside unasked");
    assert_eq!(snapshot.limits.body_bytes_max, 33_554_432);
    assert_eq!(snapshot.timeouts.first_byte, Duration::from_secs(60));
    assert_eq!(snapshot.metrics.access, MetricsAccess::Open);
    assert!(snapshot.providers.is_empty() && snapshot.notes.is_empty() && !snapshot.is_demo());
}

#[test]
fn empty_sections_are_as_if_left_out() {
    let sections = [
        "listeners",
        "trusted_proxies",
        "private_media",
        "admin",
        "providers",
        "models",
        "keys",
        "metrics",
        "errors",
        "limits",
        "timeouts",
        "log",
    ];
    let text: String = sections.iter().map(|section| format!("{section}:\n")).collect();
    let snapshot = World::default().good(&text);
    assert_eq!(*snapshot.limits, *World::default().good("").limits);
    let text: String = sections[3..].iter().map(|section| format!("{section}: {{}}\n")).collect();
    World::default().good(&text);
}

#[test]
fn the_demo_answers_where_nobody_else_does() {
    let snapshot = World::default().check(None).unwrap();
    let base_url = BaseUrl::parse("http://127.0.0.1:1/v1").unwrap();
    let snapshot = snapshot.with_demo(base_url, vec!["gpt-4o".to_owned()]);
    assert!(snapshot.is_demo());
    assert_eq!(targets(&snapshot, "gpt-4o"), [(0, 0, Some("gpt-4o".to_owned()))]);
    assert!(!snapshot.routes.knows("other"));
}

#[test]
fn every_setting_arrives() {
    let text = "
region: us-west
service: edge
workers: 2
listeners:
  - address: 127.0.0.1:0
  - { address: '[::1]:8443', tls: { certificate: c.pem, key: k.pem } }
trusted_proxies: [127.0.0.1, 10.0.0.0/8, 'fd00::/8']
admin: { listen: 127.0.0.1:4001 }
public_url: https://gw.example.com/
keys: { prefix: 'hsa_' }
metrics: { access: key, key: 'file:/run/metrics', provider_label: all }
errors: { code: numeric }
limits: { body_bytes_max: 2048, attempts_max: 5 }
timeouts: { answer_ms: 100000, drain_ms: 0 }
log: { format: pretty, file: /var/log/bw.log }
";
    let world = World::default()
        .with_file("c.pem", CERTIFICATE)
        .with_file("k.pem", PRIVATE_KEY)
        .with_file("/run/metrics", "metrics-secret\n");
    let snapshot = world.good(text);
    assert_eq!((snapshot.region.as_str(), snapshot.service.as_str()), ("us-west", "edge"));
    assert_eq!(snapshot.workers, Some(2));
    let tls = snapshot.listeners[1].tls.as_ref().unwrap();
    assert_eq!((tls.certificate_pem.as_str(), tls.key_pem.expose()), (CERTIFICATE, PRIVATE_KEY));
    assert!(
        snapshot.trusted_proxies[1].contains([10, 1, 2, 3].into()) && snapshot.trusted_proxies.len() == 3
    );
    assert_eq!(snapshot.admin_listen, Some("127.0.0.1:4001".parse::<SocketAddr>().unwrap()));
    assert_eq!(snapshot.public_url.unwrap().to_string(), "https://gw.example.com");
    assert_eq!(snapshot.keys.prefix, "hsa_");
    let key = snapshot.metrics.key.unwrap();
    assert_eq!((key.secret.expose(), key.origin.as_str()), ("metrics-secret", "file:/run/metrics"));
    assert_eq!(snapshot.metrics.provider_label.as_deref(), Some("all"));
    assert_eq!((snapshot.limits.body_bytes_max, snapshot.limits.attempts_max), (2048, 5));
    assert_eq!(snapshot.timeouts.answer_large, Duration::from_secs(100), "never below the plain limit");
    assert_eq!(snapshot.timeouts.answer_xlarge, Duration::from_secs(180));
    assert_eq!(snapshot.log.format, Some(LogFormat::Pretty));
    assert!(snapshot.notes.is_empty());
}

#[test]
fn a_vendor_at_another_address_serves_what_it_serves() {
    let surfaces = |text: &str| World::default().good(text).providers[0].surfaces.clone();
    assert!(surfaces("providers: {groq: {credentials: [k-1]}}").is_some(), "as the catalogue says");
    assert_eq!(surfaces("providers: {groq: {base_url: 'http://10.0.0.7/v1', credentials: [k-1]}}"), None);
    let told = "providers: {groq: {base_url: 'http://10.0.0.7/v1', surfaces: [rerank], credentials: [k-1]}}";
    assert_eq!(surfaces(told).map(|surfaces| surfaces.len()), Some(1));
}

#[test]
fn trusting_everybody_is_allowed_and_said() {
    let snapshot = World::default().good("trusted_proxies: [0.0.0.0/0, 10.0.0.1]");
    assert_eq!(snapshot.trusted_proxies.len(), 2);
    assert_eq!(snapshot.notes.len(), 1);
    assert!(snapshot.notes[0].starts_with("trusted_proxies: 0.0.0.0/0 "), "{:?}", snapshot.notes);
}

#[test]
fn flags_go_before_the_file() {
    let overrides = Overrides {
        listen: Some("127.0.0.1:9999".to_owned()),
        region: Some("eu".to_owned()),
        service: Some("mine".to_owned()),
    };
    let world = World::default().with_overrides(overrides).with_variable("OTEL_SERVICE_NAME", "otel");
    let snapshot = world.good("region: us\nservice: theirs\nlisteners: [{address: 127.0.0.1:1}]");
    assert_eq!((snapshot.region.as_str(), snapshot.service.as_str()), ("eu", "mine"));
    assert_eq!(snapshot.listeners[0].address.port(), 9999);
    assert_eq!(
        snapshot.notes,
        ["--listen or BELLWETHER_LISTEN, 127.0.0.1:9999, replaces the listeners of the file"]
    );

    let world = World::default().with_variable("OTEL_SERVICE_NAME", "otel");
    assert_eq!(world.good("service: theirs").service, "theirs");
    assert_eq!(world.good("").service, "otel");
}

#[test]
fn a_bad_flag_is_told_by_its_name() {
    let overrides =
        Overrides { listen: Some(":80".to_owned()), region: Some("a b".to_owned()), service: None };
    let problems = World::default().with_overrides(overrides).check(None).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["--region", "--listen"]);
    assert_eq!(problems[1].file, None);
}

#[test]
fn lines_take_the_region_of_their_provider_and_targets_choose_by_it() {
    let snapshot = World::default().good(
        "
providers:
  first: { base_url: 'http://a/v1' }
  cloud:
    region: us-west
    lines: [{ base_url: 'http://b/v1' }, { base_url: 'http://c/v1', region: eu }]
    models: [llama, qwen]
models:
  fast: { targets: [{ provider: cloud, model: qwen, region: eu }, cloud/llama, first/org/model] }
",
    );
    let regions: Vec<_> = snapshot.providers[1].lines.iter().map(|line| line.region.as_deref()).collect();
    assert_eq!(regions, [Some("us-west"), Some("eu")]);
    let sent = |text: &str| Some(text.to_owned());
    assert_eq!(
        targets(&snapshot, "fast"),
        [(1, 1, sent("qwen")), (1, 0, sent("llama")), (1, 1, sent("llama")), (0, 0, sent("org/model"))]
    );
    assert_eq!(targets(&snapshot, "llama").len(), 2);
    assert_eq!(targets(&snapshot, "anything"), [(0, 0, None)]);
}

#[test]
fn providers_keep_the_order_of_the_file() {
    let text = "providers: {z: {base_url: 'http://z'}, a: {base_url: 'http://a'}, m: {base_url: 'http://m'}}";
    let snapshot = World::default().good(text);
    assert_eq!(
        snapshot.providers.iter().map(|provider| provider.id.as_str()).collect::<Vec<_>>(),
        ["z", "a", "m"]
    );
}

#[test]
fn a_credential_may_be_a_variable_a_file_or_discouraged_plain_text() {
    let world =
        World::default().with_variable("MY_KEY", " from-variable ").with_file("/run/key", "from-file\n");
    let snapshot = world.good(
        "providers: {a: {base_url: 'http://a', credentials: ['env:MY_KEY', 'file:/run/key', plain-text]}}",
    );
    let credentials: Vec<_> = snapshot.providers[0]
        .credentials
        .iter()
        .map(|credential| (credential.secret.expose(), credential.origin.as_str()))
        .collect();
    assert_eq!(
        credentials,
        [
            ("from-variable", "env:MY_KEY"),
            ("from-file", "file:/run/key"),
            ("plain-text", "providers.a.credentials[2]")
        ]
    );
    assert_eq!(snapshot.notes.len(), 1);
    assert!(snapshot.notes[0].contains("credentials[2]") && !snapshot.notes[0].contains("plain-text"));
    assert!(!format!("{snapshot:?}").contains("from-"), "secrets are not printed");
}

#[test]
fn a_target_that_may_take_longer_than_a_usual_answer_is_told_of() {
    let notes = |target: &str| {
        let providers = "providers: {p: {base_url: 'http://h/v1', models: [m]}}";
        let target = format!("{{provider: p, model: m, {target}}}");
        World::default().good(&format!("{providers}\nmodels: {{fast: {{targets: [{target}]}}}}")).notes
    };
    let told = notes("timeout_ms: 30001");
    assert_eq!(
        told,
        [
            "models.fast.targets[0].timeout_ms: 30001 ms are more than timeouts.answer_ms (30000): whole answers that are not large end before"
        ]
    );
    assert!(notes("timeout_ms: 30000").is_empty());
    assert!(notes("timeout_ms: 60000, when: {stream: true}").is_empty(), "streams have a limit of their own");
}

#[test]
fn json_and_anchors_are_fine() {
    World::default().good(r#"{"providers": {"a": {"base_url": "http://a/v1"}}, "workers": 3}"#);
    let snapshot = World::default().good(
        "providers:\n  a: &a { base_url: 'http://a/v1', models: [m] }\n  b: { <<: *a, base_url: 'http://b/v1' }\n",
    );
    assert_eq!(snapshot.providers[1].models.as_deref(), Some(&["m".to_owned()][..]));
}

#[test]
fn quirks_and_surfaces_are_the_catalogues_until_somebody_knows_better() {
    let snapshot = World::default().good(
        "providers: { deepseek: { credentials: [], quirks: { keep: [seed], drop: [stop] } },
           own: { base_url: 'http://a/v1', surfaces: [rerank] }, plain: { base_url: 'http://b/v1' } }",
    );
    let [vendor, own, plain] = &*snapshot.providers else { panic!("{:?}", snapshot.providers) };
    let drops =
        |name: &str| vendor.quirks().iter().any(|quirk| *quirk == Quirk::Drop(name.to_owned().into()));
    assert!(drops("stop") && drops("n") && !drops("seed"));
    assert_eq!(vendor.surfaces.as_deref(), Some(&[][..]));
    assert_eq!(own.surfaces.as_deref(), Some(&[Operation::Rerank][..]));
    assert!(plain.surfaces.is_none() && plain.quirks().is_empty());
}

#[test]
fn a_secret_of_the_store_is_named_and_its_uses_are_known() {
    const TEXT: &str = "metrics: {access: key, key: \"secret:for-metrics\"}
providers:
  a: {base_url: \"http://a/v1\", credentials: [\"secret:main\", \"secret:spare.2\"], proxy: \"secret:way-out\"}";
    let stored = |text: &str| Stored::Found(Secret::new(text.to_owned()));
    let world = World::default()
        .with_stored("main", stored("sk-main"))
        .with_stored("spare.2", stored("sk-spare"))
        .with_stored("for-metrics", stored("metrics-key"))
        .with_stored("way-out", stored("http://me:hidden@proxy.example:3128"));
    let snapshot = world.good(TEXT);
    let credentials = &snapshot.providers[0].credentials;
    let found: Vec<_> = credentials.iter().map(|it| (it.secret.expose(), it.origin.as_str())).collect();
    assert_eq!(found, [("sk-main", "secret:main"), ("sk-spare", "secret:spare.2")]);
    let uses: Vec<_> = snapshot.secret_uses.iter().map(|it| (it.name.as_str(), it.path.as_str())).collect();
    let expected = [
        ("for-metrics", "metrics.key"),
        ("main", "providers.a.credentials[0]"),
        ("spare.2", "providers.a.credentials[1]"),
        ("way-out", "providers.a.proxy"),
    ];
    assert_eq!(uses, expected);
    assert!(snapshot.notes.is_empty(), "{:?}", snapshot.notes);
    assert!(config::effective(&snapshot).contains("secret:main"));
    // Where the store is not open, everything else is checked all the same.
    assert_eq!(World::default().good(TEXT).secret_uses, snapshot.secret_uses);
}
