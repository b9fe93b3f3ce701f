//! What every database must do alike for request rows.

use std::future::Future;
use std::pin::Pin;

use domain::{CallId, CallIds, Currency, Money, OrganisationId, ServiceTier, Timestamp, Usage};

use super::batch::RowBatch;
use super::contract::{RequestQuery, RequestRecords, RowsKept, StatusWish};
use super::row::{RequestRow, RowCost};
use super::sql::RequestStore;

const DAY_MS: i64 = 86_400_000;
/// The beginning of a day.
const BEGIN: i64 = 1_795_219_200_000;

type Test = fn(RequestStore) -> Pin<Box<dyn Future<Output = ()>>>;

/// All of them; each gets an empty store.
pub(super) fn all() -> [(&'static str, Test); 7] {
    [
        ("rows_come_back_whole", |store| Box::pin(rows_come_back_whole(store))),
        ("a_batch_is_written_once", |store| Box::pin(a_batch_is_written_once(store))),
        ("who_gave_no_id_is_found_by_ours", |store| Box::pin(who_gave_no_id_is_found_by_ours(store))),
        ("wishes_choose", |store| Box::pin(wishes_choose(store))),
        ("pages_go_back_over_days", |store| Box::pin(pages_go_back_over_days(store))),
        ("old_days_are_dropped_whole", |store| Box::pin(old_days_are_dropped_whole(store))),
        ("only_what_may_be_seen_is_seen", |store| Box::pin(only_what_may_be_seen_is_seen(store))),
    ]
}

fn id(at: i64, seed: u64) -> CallId {
    let mut ids = CallIds::new(1, 2, 3);
    for _ in 0..seed {
        ids.next(Timestamp(at));
    }
    ids.next(Timestamp(at))
}

/// A row with something in every field.
pub(crate) fn row(seed: u64) -> RequestRow<'static> {
    RequestRow {
        call_id: id(BEGIN + 7, seed),
        request_id: format!("theirs-{seed}").into(),
        key: "key_1".into(),
        organisation: "org_default".into(),
        project: "proj_default".into(),
        path: "/v1/chat/completions".into(),
        dialect: "openai_chat".into(),
        model: "smart".into(),
        provider: "first \"quoted\"".into(),
        upstream_model: "gpt-x".into(),
        region: "us-west".into(),
        kind: "".into(),
        hedged: "won".into(),
        flags: "estimated".into(),
        segments: r#"[{"provider":"a"}]"#.into(),
        status: 200,
        took_us: 812_345,
        first_byte_us: Some(95_001),
        added_us: 120,
        attempts: 2,
        fallback_attempts: 1,
        is_streaming: true,
        bytes_in: 1024,
        bytes_out: 20_480,
        usage: Some(Usage {
            input: 1,
            cached_input: 2,
            cache_write: 3,
            cache_write_long: 4,
            audio_input: 5,
            image_input: 6,
            output: 700,
            reasoning: 8,
            audio_output: 9,
            image_output: 10,
            unexplained: 11,
            images: 12,
            searches: 13,
            audio_ms: 1400,
            service_tier: ServiceTier::named("flex").unwrap(),
            is_estimated: true,
        }),
        cost: Some(RowCost {
            list: Money::from_nano(123_456_789),
            price: Money::from_nano(-1),
            currency: Currency::CNY,
            version: 7,
        }),
        account: Some(3),
    }
}

async fn write(store: &RequestStore, rows: &[RequestRow<'static>]) {
    let mut batch = RowBatch::default();
    rows.iter().for_each(|row| batch.push(row));
    store.write(&batch, RowsKept::ALL).await.unwrap();
}

async fn found(store: &RequestStore, query: RequestQuery) -> Vec<CallId> {
    let page = store.look(&RequestQuery { limit: 100, ..query }).await.unwrap();
    page.rows.iter().map(|row| row.call_id).collect()
}

async fn rows_come_back_whole(store: RequestStore) {
    let plain = RequestRow {
        usage: None,
        cost: None,
        account: None,
        first_byte_us: None,
        segments: "".into(),
        ..row(2)
    };
    write(&store, &[row(1), plain.clone()]).await;
    let page = store.look(&RequestQuery { limit: 10, ..RequestQuery::default() }).await.unwrap();
    assert_eq!(page.rows, [plain, row(1)]);
    assert_eq!(page.next_after, None);
    let shown = page.rows[1].json();
    assert_eq!(
        (&shown["cost"]["list"], &shown["cost"]["price"]),
        (&"0.123456789".into(), &"-0.000000001".into())
    );
    assert_eq!((&shown["tokens"]["output"], &shown["at"]), (&700.into(), &"2026-11-21T00:00:00.007Z".into()));
    assert_eq!(shown["segments"][0]["provider"], "a");
}

async fn a_batch_is_written_once(store: RequestStore) {
    for _ in 0..2 {
        write(&store, &[row(1), row(2)]).await;
    }
    let page = store.look(&RequestQuery { limit: 10, ..RequestQuery::default() }).await.unwrap();
    assert_eq!(page.rows, [row(2), row(1)]);
    store.write(&RowBatch::default(), RowsKept::ALL).await.unwrap();
}

async fn who_gave_no_id_is_found_by_ours(store: RequestStore) {
    let nameless = RequestRow { request_id: "".into(), ..row(1) };
    let (ours, other) = (nameless.call_id, row(3).call_id);
    let repeating = RequestRow { request_id: ours.to_string().into(), ..row(2) };
    write(&store, &[nameless.clone(), row(3)]).await;
    write(&store, std::slice::from_ref(&repeating)).await;
    let by = |id: String| RequestQuery { request_id: Some(id), ..RequestQuery::default() };
    assert_eq!(found(&store, by(ours.to_string())).await, [repeating.call_id, ours], "and by who repeats it");
    assert_eq!(found(&store, by(other.to_string())).await, [], "who gave one has that alone");
    assert_eq!(found(&store, by("theirs-3".to_owned())).await, [other]);
    assert_eq!(nameless.json()["request_id"], ours.to_string());
}

async fn wishes_choose(store: RequestStore) {
    let one = RequestRow { key: "key_2".into(), status: 502, provider: "second".into(), ..row(1) };
    let two = RequestRow { project: "proj_2".into(), status: 429, model: "gpt-x".into(), ..row(2) };
    let three = RequestRow {
        organisation: "org_2".into(),
        upstream_model: "other".into(),
        request_id: id(BEGIN + 7, 3).to_string().into(),
        call_id: id(BEGIN + 7, 3),
        ..row(3)
    };
    let late = RequestRow { call_id: id(BEGIN + 5000, 4), request_id: "theirs-1".into(), ..row(4) };
    write(&store, &[one.clone(), two.clone(), three.clone(), late.clone()]).await;
    let all = RequestQuery::default;
    let (one, two, three, late) = (one.call_id, two.call_id, three.call_id, late.call_id);
    let text = |text: &str| Some(text.to_owned());
    for (query, expected) in [
        (all(), vec![late, three, two, one]),
        (RequestQuery { call_id: Some(two), ..all() }, vec![two]),
        (RequestQuery { request_id: text("theirs-1"), ..all() }, vec![late, one]),
        (RequestQuery { request_id: Some(three.to_string()), ..all() }, vec![three]),
        (RequestQuery { key: text("key_2"), ..all() }, vec![one]),
        (RequestQuery { organisation: text("org_2"), ..all() }, vec![three]),
        (RequestQuery { project: text("proj_2"), ..all() }, vec![two]),
        (RequestQuery { model: text("gpt-x"), ..all() }, vec![late, two, one]),
        (RequestQuery { provider: text("second"), ..all() }, vec![one]),
        (RequestQuery { status: StatusWish::parse("429"), ..all() }, vec![two]),
        (RequestQuery { status: StatusWish::parse("5xx"), key: text("key_2"), ..all() }, vec![one]),
        (RequestQuery { status: StatusWish::parse("5xx"), key: text("key_1"), ..all() }, vec![]),
        (RequestQuery { from: Some(Timestamp(BEGIN + 5000)), ..all() }, vec![late]),
        (RequestQuery { to: Some(Timestamp(BEGIN + 5000)), ..all() }, vec![three, two, one]),
        (RequestQuery { from: Some(Timestamp(BEGIN)), to: Some(Timestamp(BEGIN + 7)), ..all() }, vec![]),
        (RequestQuery { call_id: Some(id(BEGIN, 9)), ..all() }, vec![]),
        (RequestQuery { key: text("' OR 1 = 1 --"), ..all() }, vec![]),
    ] {
        assert_eq!(found(&store, query.clone()).await, expected, "{query:?}");
    }
    for odd in ["", "xx", "0xx", "99", "1000", "4x", "abc"] {
        assert_eq!(StatusWish::parse(odd), None, "{odd}");
    }
}

async fn pages_go_back_over_days(store: RequestStore) {
    let rows: Vec<_> = (0..1200_u64)
        .map(|seed| RequestRow { call_id: id(BEGIN + DAY_MS * (seed as i64 / 300), seed), ..row(seed) })
        .collect();
    // As workers do it: each of many packs has rows from here and there.
    for start in 0..400 {
        let pack: Vec<_> = rows.iter().skip(start).step_by(400).cloned().collect();
        write(&store, &pack).await;
    }
    let (mut query, mut seen) = (RequestQuery { limit: 30, ..RequestQuery::default() }, Vec::new());
    loop {
        let page = store.look(&query).await.unwrap();
        seen.extend(page.rows.iter().map(|row| row.call_id));
        let Some(next) = page.next_after else { break };
        query.after = Some(next);
    }
    let mut expected: Vec<_> = rows.iter().map(|row| row.call_id).collect();
    expected.sort_unstable_by(|left, right| right.cmp(left));
    assert_eq!(seen, expected);
}

async fn old_days_are_dropped_whole(store: RequestStore) {
    let rows: Vec<_> =
        (0..4_i64).map(|day| RequestRow { call_id: id(BEGIN + DAY_MS * day, 1), ..row(1) }).collect();
    write(&store, &rows).await;
    assert_eq!(store.state().await.unwrap().days, 4);
    // In the midst of the third day: that one is kept.
    let moment = Timestamp(BEGIN + 2 * DAY_MS + DAY_MS / 2);
    assert_eq!(store.drop_before(moment).await.unwrap(), 2);
    assert_eq!(store.drop_before(moment).await.unwrap(), 0);
    let left = found(&store, RequestQuery::default()).await;
    assert_eq!(left, [rows[3].call_id, rows[2].call_id]);
    // Who comes late for a day that was dropped is kept until the next time.
    write(&store, &rows[..1]).await;
    assert_eq!(store.state().await.unwrap().days, 3);
}

async fn only_what_may_be_seen_is_seen(store: RequestStore) {
    let other = OrganisationId::new(Timestamp(1), 2);
    let theirs = RequestRow { organisation: other.as_str().to_owned().into(), ..row(2) };
    write(&store, &[row(1), theirs.clone()]).await;
    let seen = |organisations| RequestQuery { organisations, ..RequestQuery::default() };
    assert_eq!(found(&store, seen(Some(vec![other.clone()]))).await, [theirs.call_id]);
    assert_eq!(found(&store, seen(Some(Vec::new()))).await, []);
    let both = seen(Some(vec![other.clone(), OrganisationId::implicit()]));
    assert_eq!(found(&store, both).await.len(), 2);
    let foreign = RequestQuery { call_id: Some(row(1).call_id), ..seen(Some(vec![other])) };
    assert_eq!(found(&store, foreign).await, []);
}
