//! What each route does for the operator; who else may do what is told in `matrix.rs`.

mod matrix;
mod scene;
mod tenancy;

mod prices;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::to_bytes;
use bytes::Bytes;
use domain::{Secret, Timestamp};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use store::{
    AccountDesk, AlertDesk, Asker, BudgetDesk, Database, JournalSizes, KeyDesk, LedgerOptions,
    LedgerVerifier, LimitDesk, MasterKey, NewKey, OrderDesk, PriceDesk, ReportDesk, SecretDesk, SignUpDesk,
    SignUpTerms, SwitchDesk, SwitchScope, SwitchWish, TenancyDesk, VoucherDesk, Who,
};

mod accounts;
mod audit;
mod budgets;
mod keys;
mod limits;
mod money_in;
mod secrets;

use super::{NOUNS, PREFIX};
use crate::{
    Admin, AdminParts, AlertAsk, AlertChannels, CacheDesk, CacheFlushed, ConfigAsk, ConfigDesk,
    ConfigRefusal, ConfigSide, ConfigView, LimitView, ProviderDesk, ProviderWish, ReloadReport, RevertReport,
    StateDesk, SwitchRefusal, SwitchReport,
};

pub(crate) const ADMIN_KEY: &str = "bwadm_the-admin-key-of-these-tests";
const NOW: Timestamp = Timestamp(1_795_219_200_000);

pub(crate) struct Office {
    pub(crate) admin: Admin,
    desk: Arc<KeyDesk>,
    tenancy: Arc<TenancyDesk>,
    reloads: Arc<AtomicUsize>,
    /// Where the journal is, until the office closes.
    _folder: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Office {
    pub(crate) async fn open() -> Self {
        Self::with(SignUpTerms {
            is_prepaid: false,
            credit: None,
            credit_days: None,
            per_email_domain_max: 1,
            per_ip_max: 1,
        })
        .await
    }

    async fn with(terms: SignUpTerms) -> Self {
        let master =
            MasterKey::from_text(&Secret::new("a master key for tests, 32 bytes+".to_owned())).unwrap();
        let hasher = master.key_hasher();
        let store = Database::in_memory(&hasher).await.unwrap();
        let desk = KeyDesk::open(Box::new(store.clone()), hasher.clone(), "bw_").await.unwrap();
        let tenancy = TenancyDesk::open(store.clone(), hasher, desk.directory()).await.unwrap();
        let (desk, tenancy) = (Arc::new(desk), Arc::new(tenancy));
        let switches = Arc::new(SwitchDesk::open(Box::new(store.clone())).await.unwrap());
        let prices = PriceDesk::open(Box::new(store.clone()), vec!["north".to_owned()], || {
            (String::new(), ledger::prices::Book::empty())
        })
        .await
        .unwrap();
        let secrets = SecretDesk::open(Box::new(store.clone()), store.seal(&master)).await.unwrap();
        let reloads = Arc::new(AtomicUsize::new(0));
        let requests = store::RequestStore::in_memory().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let accounts = Arc::new(accounts(&store, folder.path()).await);
        let vouchers = VoucherDesk::new(store.clone(), master.key_hasher(), Arc::clone(&accounts));
        let orders = OrderDesk::new(store.clone(), Arc::clone(&accounts));
        let sign_ups = SignUpDesk::open(store.clone(), Arc::clone(&accounts), terms).await.unwrap();
        let budgets = BudgetDesk::open(store.clone(), NOW).await.unwrap();
        let place = (store::DatabasePlace::Memory, folder.path().join("requests.db"));
        let journal = (folder.path().to_owned(), 0);
        let verifier = LedgerVerifier::new(store.clone(), place, journal, Arc::clone(&accounts), || NOW);
        let limits = LimitDesk::open(store.clone()).await.unwrap();
        let plans = ["default", "gold"].map(|name| (name.to_owned(), json!({ "requests_per_minute": 5 })));
        let alerts = AlertDesk::open(store.clone(), NOW).await.unwrap();
        let parts = AdminParts {
            key_desk: Arc::clone(&desk),
            admin_key: Secret::new(ADMIN_KEY.to_owned()),
            operator: "admin key",
            tenancy: Arc::clone(&tenancy),
            config: pretended_keeper(Arc::clone(&reloads)),
            providers: pretended_providers(switches),
            cache: pretended_cache(),
            prices: Arc::new(prices),
            secrets: Arc::new(secrets),
            audit: Arc::new(store.clone()),
            reports: Arc::new(ReportDesk::new(&requests, store.clone())),
            report_rules: Box::new(|| crate::ReportRules {
                keep_hours_days: 400,
                ..crate::ReportRules::default()
            }),
            requests: Arc::new(requests),
            accounts,
            verifier,
            vouchers: Arc::new(vouchers),
            orders: Arc::new(orders),
            sign_ups: Arc::new(sign_ups),
            budgets: Arc::new(budgets),
            limits: Arc::new(limits),
            limit_view: LimitView::without_rooms(plans.to_vec()),
            alerts: Arc::new(alerts),
            alert_channels: pretended_channels(),
            state: pretended_state(),
            explain: Box::new(Ok),
            clock: || NOW,
        };
        Self { admin: Admin::new(parts), desk, tenancy, reloads, _folder: folder }
    }

    async fn callers_key(&self) -> String {
        let wish = NewKey::named("a caller's");
        self.desk.create(wish, &Asker::operator("a test"), NOW).await.unwrap().secret.expose().to_owned()
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        answer(self.admin.answer(request).await).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(request(method, path, Some(ADMIN_KEY), body)).await
    }
}

async fn answer(response: axum::response::Response) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// One channel, which takes everything.
#[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
fn pretended_channels() -> AlertChannels {
    let (channels, mut asks) = AlertChannels::queue();
    tokio::spawn(async move {
        while let Some(ask) = asks.recv().await {
            match ask {
                AlertAsk::Show(reply) => drop(reply.send(json!({ "channels": [{ "name": "ops" }] }))),
                AlertAsk::Test(Some(name), reply) if name != "ops" => {
                    drop(reply.send(Err(format!("there is no channel {name:?}"))));
                }
                AlertAsk::Test(_, reply) => {
                    drop(reply.send(Ok(json!({ "channels": [{ "channel": "ops", "is_delivered": true }] }))));
                }
            }
        }
    });
    channels
}

/// Accounts with a small journal, which nobody takes into the database.
async fn accounts(store: &Database, folder: &Path) -> AccountDesk {
    let sizes = JournalSizes { segment_bytes: 256 << 10, ..JournalSizes::default() };
    let options = LedgerOptions { sizes, slots_max: 64, ..LedgerOptions::of(folder) };
    AccountDesk::open(store.clone(), options, NOW, |_, _, _| {}).await.unwrap()
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {:?}", self.text))
    }

    #[track_caller]
    fn is_refused(&self, status: u16, code: &str, message: &str) {
        let body = self.json();
        let error = &body["error"];
        assert_eq!((self.status.as_u16(), error["code"].as_str()), (status, Some(code)), "{body}");
        assert!(error["message"].as_str().unwrap().contains(message), "{body}");
        assert_eq!(error["status"], status);
        assert_eq!(error["request_id"].as_str(), self.headers["x-request-id"].to_str().ok());
        assert!(error["type"].is_string() && error["source"].is_string(), "{body}");
    }
}

/// Says what it was asked, and that samples of everything are too many.
fn pretended_state() -> StateDesk {
    StateDesk {
        health: Box::new(|choice| match (choice.has_samples, &choice.provider) {
            (true, None) => Err("samples of 900 targets are too many".to_owned()),
            (false, None) => Ok(json!({"status": "ok", "region": "here"})),
            _ => Ok(json!({"choice": format!("{choice:?}")})),
        }),
        stats: Box::new(|| json!({"uptime": 7, "regions": {}})),
    }
}

/// Three answers of seven bytes in all.
fn pretended_cache() -> CacheDesk {
    CacheDesk {
        show: Box::new(|| json!({"entries": 3})),
        flush: Box::new(|choice| CacheFlushed {
            entries: if choice.model.is_some() { 1 } else { 3 },
            bytes: 7,
        }),
    }
}

/// One provider, `openai`, of which five calls run.
fn pretended_providers(desk: Arc<SwitchDesk>) -> ProviderDesk {
    let switch = move |wish: ProviderWish| {
        let desk = Arc::clone(&desk);
        async move {
            let ProviderWish { position, provider, region, model, reason, by, request_id } = wish;
            if provider != "openai" {
                return Err(SwitchRefusal::Unknown("provider", format!("there is no provider '{provider}'")));
            }
            let scope = SwitchScope { provider, region, model };
            let who = Who { actor: "admin key", by, request_id };
            let wish = SwitchWish { scope, position, reason, who };
            let switched = desk.change(wish, NOW, |_| {}).await.map_err(SwitchRefusal::Failed)?;
            Ok(SwitchReport { switched, running: 5 })
        }
    };
    ProviderDesk {
        list: Box::new(|| json!({"providers": ["openai"]})),
        switch: Box::new(move |wish| Box::pin(switch(wish))),
        check: Box::new(|| Box::pin(async { json!({"providers": [{"id": "openai"}]}) })),
    }
}

/// Answers as a keeper of the configuration would; reloads fail on every second call, to show both answers.
#[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
fn pretended_keeper(count: Arc<AtomicUsize>) -> ConfigDesk {
    let (desk, mut asks) = ConfigDesk::queue();
    tokio::spawn(async move {
        while let Some(ask) = asks.recv().await {
            match ask {
                ConfigAsk::Reload(_, _, reply) => {
                    let is_good = count.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
                    let report =
                        ReloadReport { changed: vec!["models".to_owned()], needs_restart: Vec::new() };
                    let problems =
                        || ConfigRefusal::Problems(vec!["models.fast: unknown target \"x\"".to_owned()]);
                    let _ = reply.send(if is_good { Ok(report) } else { Err(problems()) });
                }
                ConfigAsk::Show(reply) => {
                    let _ = reply.send(Ok(ConfigView { version: Some(7), ..ConfigView::default() }));
                }
                ConfigAsk::Versions(reply) => {
                    let _ = reply.send(Ok(Vec::new()));
                }
                ConfigAsk::Difference(from, to, reply) => {
                    let _ = reply.send(Err(ConfigRefusal::NoVersion(format!("{from:?} {to:?}"))));
                }
                ConfigAsk::Revert(None, _, reply) => {
                    let _ = reply.send(Err(ConfigRefusal::NoFile("there is no file".to_owned())));
                }
                ConfigAsk::Revert(Some(from), _, reply) => {
                    let report = ReloadReport::default();
                    let done = RevertReport { from, version: Some(9), report, file_not_written: None };
                    let _ = reply.send(Ok(done));
                }
            }
        }
    });
    desk
}

fn request(method: Method, path: &str, key: Option<&str>, body: Option<Value>) -> Request<Full<Bytes>> {
    let mut builder = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        builder = builder.header("authorization", format!("Bearer {key}"));
    }
    if body.is_some() {
        builder = builder.header("content-type", "application/json");
    }
    let bytes = body.map_or_else(Bytes::new, |body| body.to_string().into());
    builder.body(Full::new(bytes)).unwrap()
}

#[tokio::test]
async fn nobody_learns_even_what_there_is() {
    let office = Office::open().await;
    let callers_key = office.callers_key().await;
    let nowhere = [
        (Method::GET, "/admin/v1/nowhere"),
        (Method::GET, "/admin"),
        (Method::GET, "/"),
        (Method::PUT, "/admin/v1/keys"),
        (Method::OPTIONS, "/admin/v1/keys"),
        (Method::GET, "/admin/v1/keys/"),
        (Method::GET, "/admin/v1//health"),
        (Method::GET, "/admin/v1/%68ealth"),
    ];
    let nowhere = nowhere.map(|(method, path)| (method, path.to_owned()));
    let listed = NOUNS.iter().copied().flatten();
    let listed = listed.map(|route| {
        let path = format!("{PREFIX}{}", route.path).replace("{id}", "key_1").replace("{name}", "a");
        (route.method.clone(), path)
    });
    for (method, path) in listed.chain(nowhere) {
        for key in [None, Some("wrong"), Some(callers_key.as_str()), Some("")] {
            let answer = office.send(request(method.clone(), &path, key, None)).await;
            answer.is_refused(401, "invalid_api_key", "admin key");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert!(!answer.text.contains(callers_key.as_str()) && !answer.text.contains(ADMIN_KEY));
        }
        let answer = office.ask(method.clone(), &path, None).await;
        assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert!(!answer.text.contains(ADMIN_KEY));
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    assert_eq!(office.reloads.load(Ordering::Relaxed), 1, "only the operator's request reached the handler");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let office = Office::open().await;
    let answer = office.ask(Method::GET, "/admin/v1/nowhere", None).await;
    answer.is_refused(404, "unknown_url", "the admin API has no path \"/admin/v1/nowhere\"");
    let answer = office.ask(Method::PUT, "/admin/v1/keys", None).await;
    answer.is_refused(405, "method_not_allowed", "does not answer to PUT");
}

#[tokio::test]
async fn the_state_of_everything_is_told_and_part_of_it_can_be_chosen() {
    let office = Office::open().await;
    let some = "/admin/v1/health?provider=a&region=b&model=c%2Fd&samples=true";
    let some = office.ask(Method::GET, some, None).await.json();
    let text = |part: &str| Some(part.to_owned());
    let choice =
        crate::TargetChoice { provider: text("a"), region: text("b"), model: text("c/d"), has_samples: true };
    assert_eq!(some["choice"], format!("{choice:?}"));
    let asked = |path| office.ask(Method::GET, path, None);
    asked("/admin/v1/health?samples=true").await.is_refused(400, "invalid_request", "too many");
    asked("/admin/v1/health?modle=c").await.is_refused(400, "invalid_request", "modle");
    assert_eq!(asked("/admin/v1/stats").await.json()["uptime"], 7);
}

#[tokio::test]
async fn health_and_reload_pass_on_what_the_gateway_says() {
    let office = Office::open().await;
    let answer = office.ask(Method::GET, "/admin/v1/health", None).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({"status": "ok", "region": "here"})));
    let answer = office.ask(Method::POST, "/admin/v1/reload", None).await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({"changed": ["models"], "needs_restart": []}))
    );
    let answer = office.ask(Method::POST, "/admin/v1/reload", None).await;
    answer.is_refused(422, "invalid_config", "the former one stays in force: models.fast");
    assert_eq!(answer.json()["error"]["problems"], json!(["models.fast: unknown target \"x\""]));
}

#[tokio::test]
async fn the_configuration_is_shown_compared_and_put_back() {
    let office = Office::open().await;
    let shown = office.ask(Method::GET, "/admin/v1/config", None).await.json();
    assert_eq!(shown["version"], 7);
    let listed = office.ask(Method::GET, "/admin/v1/config/versions", None).await.json();
    assert_eq!(listed, json!({"versions": []}));
    let sides = |from: ConfigSide, to: ConfigSide| format!("{from:?} {to:?}");
    for (query, asked) in [
        ("", sides(ConfigSide::InForce, ConfigSide::File)),
        ("?from=3", sides(ConfigSide::Version(3), ConfigSide::File)),
        ("?from=file&to=in-force", sides(ConfigSide::File, ConfigSide::InForce)),
    ] {
        let answer = office.ask(Method::GET, &format!("/admin/v1/config/difference{query}"), None).await;
        answer.is_refused(404, "config_version_not_found", &asked);
    }
    let answer = office.ask(Method::GET, "/admin/v1/config/difference?from=x", None).await;
    answer.is_refused(400, "invalid_request", "from must be in-force, file or the number of a version");
    let revert = async |wish: Value| office.ask(Method::POST, "/admin/v1/config/revert", Some(wish)).await;
    revert(json!({})).await.is_refused(409, "no_config_file", "there is no file");
    let expected =
        json!({"from": 3, "version": 9, "changed": [], "needs_restart": [], "file_not_written": null});
    assert_eq!(revert(json!({"version": 3})).await.json(), expected);
}

#[tokio::test]
async fn pages_lead_to_each_other() {
    let office = Office::open().await;
    for number in 0..5 {
        let body = json!({"name": format!("key {number}")});
        assert_eq!(office.ask(Method::POST, "/admin/v1/keys", Some(body)).await.status, StatusCode::CREATED);
    }
    let mut names = Vec::new();
    let mut path = "/admin/v1/keys?limit=2".to_owned();
    loop {
        let page = office.ask(Method::GET, &path, None).await.json();
        names.extend(
            page["keys"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned()),
        );
        let Some(after) = page["next_after"].as_str() else { break };
        path = format!("/admin/v1/keys?limit=2&after={after}");
    }
    // All were made in the same millisecond, so their order is free.
    names.sort();
    assert_eq!(names, ["key 0", "key 1", "key 2", "key 3", "key 4"]);
    let check = async |query: &str, message: &str| {
        let answer = office.ask(Method::GET, &format!("/admin/v1/keys?{query}"), None).await;
        answer.is_refused(400, "invalid_request", message);
    };
    check("limit=0", "limit must be 1 to 1000, not 0").await;
    check("limit=1001", "limit must be 1 to 1000, not 1001").await;
    check("limit=many", "limit").await;
    check("after=org_default", "\"org_default\" is no id of a key").await;
    check("before=key_1", "unknown field `before`").await;
}

#[tokio::test]
async fn bad_bodies_are_refused_and_make_nothing() {
    let office = Office::open().await;
    let send = async |content_type: Option<&str>, body: String| {
        let mut request = request(Method::POST, "/admin/v1/keys", Some(ADMIN_KEY), None);
        if let Some(content_type) = content_type {
            request.headers_mut().insert("content-type", content_type.parse().unwrap());
        }
        *request.body_mut() = Full::new(body.into());
        office.send(request).await
    };
    let good = json!({"name": "x"}).to_string();
    let json = Some("application/json");
    send(None, good.clone()).await.is_refused(415, "unsupported_media_type", "application/json");
    send(Some("text/plain"), good.clone()).await.is_refused(
        415,
        "unsupported_media_type",
        "application/json",
    );
    send(json, "{".to_owned()).await.is_refused(400, "invalid_request", "EOF");
    send(json, json!({}).to_string()).await.is_refused(400, "invalid_request", "missing field `name`");
    let extra = json!({"name": "x", "admin": true}).to_string();
    send(json, extra).await.is_refused(400, "invalid_request", "unknown field `admin`");
    let endless = json!({"name": "x", "expires_in_seconds": u64::MAX}).to_string();
    send(json, endless).await.is_refused(400, "invalid_request", "expires_in_seconds must be 1 to");
    send(json, json!({"name": ""}).to_string()).await.is_refused(400, "invalid_request", "a key's name");
    let long = json!({"name": "x".repeat(64 * 1024)}).to_string();
    send(json, long).await.is_refused(413, "request_too_large", "65536");
    assert!(office.desk.directory().is_empty());
    let accepted = send(Some("application/JSON; charset=utf-8"), good.clone()).await;
    assert_eq!(accepted.status, StatusCode::CREATED);
    send(json, good).await.is_refused(409, "key_name_taken", "is named \"x\" already");
}

#[tokio::test]
async fn a_callers_request_id_comes_back() {
    let office = Office::open().await;
    let mut request = request(Method::GET, "/admin/v1/health", None, None);
    request.headers_mut().insert("x-request-id", "ticket-42".parse().unwrap());
    let answer = office.send(request).await;
    assert_eq!(answer.json()["error"]["request_id"], "ticket-42");
}

#[tokio::test]
async fn providers_are_switched_and_the_audit_says_so() {
    let office = Office::open().await;
    let listed = office.ask(Method::GET, "/admin/v1/providers", None).await;
    assert_eq!(listed.json(), json!({"providers": ["openai"]}));
    let checked = office.ask(Method::POST, "/admin/v1/providers/check", None).await;
    assert_eq!(checked.json(), json!({"providers": [{"id": "openai"}]}));
    let post = async |verb: &str, body: Value| {
        office.ask(Method::POST, &format!("/admin/v1/providers/{verb}"), Some(body)).await
    };
    let answer = post("openai/disable", json!({"reason": "costs", "region": "us", "by": "ada"})).await;
    let switch = json!({
        "provider": "openai", "region": "us", "model": null, "position": "off",
        "since": NOW.rfc3339(), "by": "ada", "reason": "costs",
    });
    let expected = json!({
        "provider": "openai", "region": "us", "model": null, "state": "off", "running": 5,
        "before": [], "after": [switch], "audit": 1,
    });
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected));
    let request_id = answer.headers["x-request-id"].to_str().unwrap();
    let audit = office.ask(Method::GET, "/admin/v1/audit", None).await.json();
    let entry = json!({
        "number": 1, "at": NOW.rfc3339(), "actor": "admin key", "by": "ada", "action": "provider.disable",
        "subject": "openai, region us", "organisation": null, "before": [], "after": [switch], "reason": "costs",
        "request_id": request_id, "hash": audit["audit"][0]["hash"],
    });
    assert_eq!(audit, json!({"audit": [entry], "next_before": null}));
    let drained = post("openai/drain", json!({"reason": "calmer", "region": "us"})).await.json();
    assert_eq!((&drained["state"], &drained["before"][0]), (&json!("draining"), &switch));
    assert_eq!(post("openai/enable", json!({"reason": "done"})).await.json()["state"], "on");
    post("openai/enable", json!({"reason": "again"})).await.is_refused(409, "not_switched_off", "openai");
    post("opnai/disable", json!({"reason": "x"})).await.is_refused(404, "provider_not_found", "opnai");
    post("openai/disable", json!({"reason": " "})).await.is_refused(400, "invalid_request", "a reason");
    post("openai/disable", json!({})).await.is_refused(400, "invalid_request", "reason");
    post("openai/disable", json!({"reason": "x", "line": 1})).await.is_refused(
        400,
        "invalid_request",
        "line",
    );
    let page = office.ask(Method::GET, "/admin/v1/audit?limit=2", None).await.json();
    assert_eq!((page["audit"].as_array().unwrap().len(), &page["next_before"]), (2, &json!(2)));
    let last = office.ask(Method::GET, "/admin/v1/audit?limit=2&before=2", None).await.json();
    assert_eq!((&last["audit"][0]["number"], &last["next_before"]), (&json!(1), &Value::Null));
    let answer = office.ask(Method::GET, "/admin/v1/audit?limit=0", None).await;
    answer.is_refused(400, "invalid_request", "limit must be 1 to 1000");
}

#[tokio::test]
async fn calls_are_found_by_what_can_be_read() {
    let office = Office::open().await;
    let ask = async |query: &str| office.ask(Method::GET, &format!("/admin/v1/requests{query}"), None).await;
    let all = "?call_id=0123456789abcdef0123456789abcdef&request_id=a&key=key_1&organisation=o&project=p&model=m&provider=x\
               &status=5xx&from=2026-11-20&to=2026-11-21T00:00:00Z&limit=1000&after=0123456789abcdef0123456789abcdef";
    for good in ["", all] {
        assert_eq!(ask(good).await.json(), json!({"requests": [], "next_after": null}), "{good}");
    }
    for (bad, words) in [
        ("?limit=0", "limit must be 1 to 1000"),
        ("?call_id=7", "call_id must be 32 hexadecimal digits"),
        ("?status=ok", "status must be a status such as 429"),
        ("?from=yesterday", "from must be a date or moment in UTC"),
        ("?after=x", "after must be the next_after of a page before"),
        ("?prompt=x", "unknown field"),
    ] {
        ask(bad).await.is_refused(400, "invalid_request", words);
    }
}
