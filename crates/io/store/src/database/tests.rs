//! Opening, upgrading and refusing databases.

use std::cell::Cell;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use domain::Timestamp;
use futures_util::FutureExt;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tokio::time::timeout;

use super::layouts::{layouts_until, newest};
use super::silent_way::SilentWay;
use super::throwaway::Throwaway;
use super::{DATABASE_FILE, Database, DatabasePlace, Kind};
use crate::audit::AuditRecords;
use crate::error::StoreError;
use crate::keys::{Asker, Changing, KeyChange, KeyFilter, KeyHasher, KeyRecords};
use crate::tenancy::Reach;

#[tokio::test]
async fn every_start_has_its_own_number() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    let hasher = KeyHasher::new(&[1; 32]);
    for expected in 1..=3 {
        let store = Database::open(&DatabasePlace::File(path.clone()), &hasher).await.unwrap();
        assert_eq!(store.begin_epoch().await.unwrap(), expected);
        store.close().await;
    }
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let store = Database::open(&DatabasePlace::File(path.clone()), &hasher).await.unwrap();
    sqlx::query("UPDATE meta SET epoch = 65535").execute(&store.pool).await.unwrap();
    assert_eq!(store.begin_epoch().await.unwrap(), 0, "numbers wrap");
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    let hasher = KeyHasher::new(&[1; 32]);
    let store = Database::open(&DatabasePlace::File(path.clone()), &hasher).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations VALUES (7000, 'later', '2030-01-01', true, x'00', 0)";
    sqlx::query(newer).execute(&store.pool).await.unwrap();
    store.close().await;
    let error = Database::open(&DatabasePlace::File(path.clone()), &hasher).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 7000, known } if known == newest()), "{error}");
}

/// What the version before strict keys wrote, opened by this one.
#[tokio::test]
async fn a_database_of_an_earlier_layout_keeps_its_keys() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    let hasher = KeyHasher::new(&[1; 32]);
    let digest = hasher.digest("bw_made-by-an-earlier-version");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let before = SqlitePool::connect_with(options).await.unwrap();
    layouts_until(2, Kind::Sqlite).run(&before).await.unwrap();
    sqlx::query(
        "INSERT INTO caller_keys (id, project_id, name, hint, digest, created_at_ms, expires_at_ms, revoked_at_ms)
         VALUES ('key_01kahg2xm0000000000000000a', 'proj_default', 'shop', 'bw_…sion', $1, 1, 2, NULL),
                ('key_01kahg2xm0000000000000000b', 'proj_default', 'gone', 'bw_…gone', $2, 1, NULL, 3)",
    )
    .bind(digest.0.as_slice())
    .bind([7_u8; 32].as_slice())
    .execute(&before)
    .await
    .unwrap();
    before.close().await;

    let store = Database::open(&DatabasePlace::File(path.clone()), &hasher).await.unwrap();
    let keys = store.list(&KeyFilter::default(), None, 10, &Reach::All).await.unwrap();
    let [shop, gone] = keys.as_slice() else { panic!("{keys:?}") };
    assert_eq!((shop.name.as_str(), shop.digest, shop.is_strict), ("shop", digest, false));
    assert_eq!((shop.expires_at, shop.revoked_at), (Some(Timestamp(2)), None));
    assert_eq!((gone.name.as_str(), gone.revoked_at, gone.is_strict), ("gone", Some(Timestamp(3)), false));
    let change = KeyChange { is_strict: Some(true), ..KeyChange::default() };
    let changed = store.change(&shop.id, change, Timestamp(4), &Asker::operator("a test")).await.unwrap();
    assert!(matches!(changed, Changing::Changed(key) if key.is_strict));
    store.close().await;
    Database::open(&DatabasePlace::File(path.clone()), &hasher).await.expect("a layout is taken once");
}

#[tokio::test]
async fn another_master_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    Database::open(&DatabasePlace::File(path.clone()), &KeyHasher::new(&[1; 32]))
        .await
        .unwrap()
        .close()
        .await;
    let error =
        Database::open(&DatabasePlace::File(path.clone()), &KeyHasher::new(&[2; 32])).await.unwrap_err();
    assert!(matches!(error, StoreError::OtherMasterKey), "{error}");
    assert!(Database::open(&DatabasePlace::File(path.clone()), &KeyHasher::new(&[1; 32])).await.is_ok());
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    std::fs::write(&path, "not a database, but long enough to be looked at by one").unwrap();
    let error =
        Database::open(&DatabasePlace::File(path.clone()), &KeyHasher::new(&[1; 32])).await.unwrap_err();
    assert!(error.to_string().contains("file is not a database"), "{error}");
    let error = Database::open(&DatabasePlace::File(dir.path().join("no/where")), &KeyHasher::new(&[1; 32]))
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("cannot create the database "), "{error}");
}

/// The whole process has 15 ms to its first answer; the bound is wide because test machines are busy.
#[tokio::test]
async fn opening_an_existing_database_is_quick() {
    const OPEN_MAX: Duration = Duration::from_millis(100);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    let hasher = KeyHasher::new(&[1; 32]);
    let first = Instant::now();
    Database::open(&DatabasePlace::File(path.clone()), &hasher).await.unwrap().close().await;
    println!("made and closed in {:?}", first.elapsed());
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let before = Instant::now();
        let store = Database::open(&DatabasePlace::File(path.clone()), &hasher).await.unwrap();
        let opened = before.elapsed();
        store.begin_epoch().await.unwrap();
        println!("opened in {opened:?}, with its epoch in {:?}", before.elapsed());
        best = best.min(before.elapsed());
        store.close().await;
    }
    assert!(best < OPEN_MAX, "{best:?}");
}

#[tokio::test]
async fn a_server_is_upgraded_and_held_by_one_process() {
    let server = Throwaway::start().await;
    let place = server.place("ours").await;
    let hasher = KeyHasher::new(&[1; 32]);
    let DatabasePlace::Server(url) = &place else { unreachable!("a server has a URL") };
    let before = sqlx::PgPool::connect(url.expose()).await.unwrap();
    layouts_until(2, Kind::Postgres).run(&before).await.unwrap();
    sqlx::query(
        "INSERT INTO caller_keys (id, project_id, name, hint, digest, created_at_ms)
         VALUES ('key_01kahg2xm0000000000000000a', 'proj_default', 'shop', 'bw_…sion', $1, 1)",
    )
    .bind([7_u8; 32].as_slice())
    .execute(&before)
    .await
    .unwrap();
    before.close().await;

    let store = Database::open(&place, &hasher).await.unwrap();
    assert_eq!(store.list(&KeyFilter::default(), None, 10, &Reach::All).await.unwrap()[0].name, "shop");
    assert_eq!([store.begin_epoch().await.unwrap(), store.begin_epoch().await.unwrap()], [1, 2]);

    let refused = Database::open(&place, &hasher).await.unwrap_err();
    assert!(matches!(refused, StoreError::InUse { .. }), "{refused}");
    let words = refused.to_string();
    assert!(words.contains("in use by bellwether, process ") && words.contains("since 20"), "{words}");

    // The connection is lost with its lock, and both come back together.
    server.break_connections().await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers
            .push(store.list(&KeyFilter::default(), None, 10, &Reach::All).await.map(|keys| keys.len()).ok());
    }
    assert_eq!(answers.last(), Some(&Some(1)), "{answers:?}");
    assert!(matches!(Database::open(&place, &hasher).await, Err(StoreError::InUse { .. })));

    store.close().await;
    let other = Database::open(&place, &KeyHasher::new(&[2; 32])).await.unwrap_err();
    assert!(matches!(other, StoreError::OtherMasterKey), "{other}");
    let again = Database::open(&place, &hasher).await.unwrap();
    assert_eq!(again.begin_epoch().await.unwrap(), 3);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_without_its_password() {
    let url = "postgres://me:never-told@127.0.0.1:9/nowhere";
    let place = DatabasePlace::server(domain::Secret::new(url.to_owned())).unwrap();
    let error = Database::open(&place, &KeyHasher::new(&[1; 32])).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot use the database of BELLWETHER_DATABASE_URL: "), "{error}");
    assert!(!error.contains("never-told"), "{error}");
    assert_eq!(place.to_string(), "PostgreSQL at 127.0.0.1:9/nowhere");
    for text in ["mysql://host/x", "postgres.example", ""] {
        assert!(DatabasePlace::server(domain::Secret::new(text.to_owned())).is_err(), "{text}");
    }
}

const OLDER_ROWS: &str = "INSERT INTO audit (at_ms, actor, by_whom, action, subject, before_state, after_state, reason, request_id)
    SELECT at_ms + 1, actor, by_whom, action, subject, before_state, after_state, reason, request_id FROM audit
    UNION ALL SELECT 1, 'admin key', 'ada', 'provider.disable', 'openai', '[]', '[1]', 'why', NULL";

/// An audit from before the chain is chained, gaps and all, and holds from then on.
async fn older_rows_are_chained(store: &Database, numbers: &[i64]) {
    let mut kept = store.audit(None, 10).await.unwrap();
    kept.reverse();
    assert_eq!(kept.iter().map(|entry| entry.number).collect::<Vec<_>>(), numbers);
    let texts = (kept[0].action.as_str(), kept[0].by.as_deref(), kept[0].after.as_str());
    assert_eq!(texts, ("provider.disable", Some("ada"), "[1]"));
    let verdict = store.verify(None).await.unwrap();
    assert_eq!((verdict.rows, verdict.fault), (numbers.len() as u64, None));
    let last = *numbers.last().unwrap();
    assert_eq!(store.note(&crate::switches::suite::entry(1)).await.unwrap(), last + 1);
    assert_eq!(store.verify(None).await.unwrap().fault, None);
}

#[tokio::test]
async fn an_audit_from_before_the_chain_is_chained() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    let hasher = KeyHasher::new(&[1; 32]);
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let before = SqlitePool::connect_with(options).await.unwrap();
    layouts_until(5, Kind::Sqlite).run(&before).await.unwrap();
    for _ in 0..2 {
        sqlx::query(OLDER_ROWS).execute(&before).await.unwrap();
    }
    before.close().await;
    let store = Database::open(&DatabasePlace::File(path.clone()), &hasher).await.unwrap();
    older_rows_are_chained(&store, &[1, 2, 3]).await;
    store.close().await;
    let again = Database::open(&DatabasePlace::File(path), &hasher).await.unwrap();
    assert_eq!(again.verify(None).await.unwrap().rows, 4);

    let server = Throwaway::start().await;
    let place = server.place("older").await;
    let DatabasePlace::Server(url) = &place else { unreachable!("a server has a URL") };
    let before = sqlx::PgPool::connect(url.expose()).await.unwrap();
    layouts_until(5, Kind::Postgres).run(&before).await.unwrap();
    sqlx::query(OLDER_ROWS).execute(&before).await.unwrap();
    // A change that failed: its number is gone.
    let mut taken_back = before.begin().await.unwrap();
    sqlx::query(OLDER_ROWS).execute(&mut *taken_back).await.unwrap();
    taken_back.rollback().await.unwrap();
    sqlx::query(OLDER_ROWS).execute(&before).await.unwrap();
    before.close().await;
    let store = Database::open(&place, &hasher).await.unwrap();
    older_rows_are_chained(&store, &[1, 4, 5]).await;
}

const BUDGETS_OF_14: [&str; 2] = [
    "INSERT INTO budgets VALUES (7, 'org_default', 'project', 'proj_default', 'day', 'UTC', 5, 80, 1, 1, 1, NULL)",
    "INSERT INTO budget_windows VALUES (7, 3, 4)",
];

/// Budgets from before those in all are as they were, and one in all can be set beside them.
async fn budgets_are_kept(store: &Database) {
    let kept: (i64, i64) =
        sqlx::query_as("SELECT budget, spent FROM budget_windows JOIN budgets ON number = budget")
            .fetch_one(&store.pool)
            .await
            .unwrap();
    assert_eq!(kept, (7, 4));
    let add = |period: &str, number: u32| {
        sqlx::AssertSqlSafe(format!(
            "INSERT INTO budgets VALUES ({number}, 'org_default', 'project', 'proj_default', '{period}', 'UTC', 5, 80, 1, 1, 1, NULL)"
        ))
    };
    sqlx::query(add("total", 8)).execute(&store.pool).await.unwrap();
    for (period, number) in [("week", 9), ("day", 10)] {
        sqlx::query(add(period, number)).execute(&store.pool).await.unwrap_err();
    }
    let orphan = "INSERT INTO budget_windows VALUES (99, 3, 4)";
    sqlx::query(orphan).execute(&store.pool).await.unwrap_err();
}

#[tokio::test]
async fn budgets_from_before_those_in_all_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    let hasher = KeyHasher::new(&[1; 32]);
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let before = SqlitePool::connect_with(options).await.unwrap();
    layouts_until(14, Kind::Sqlite).run(&before).await.unwrap();
    for statement in BUDGETS_OF_14 {
        sqlx::query(statement).execute(&before).await.unwrap();
    }
    before.close().await;
    budgets_are_kept(&Database::open(&DatabasePlace::File(path), &hasher).await.unwrap()).await;

    let server = Throwaway::start().await;
    let place = server.place("older").await;
    let DatabasePlace::Server(url) = &place else { unreachable!("a server has a URL") };
    let before = sqlx::PgPool::connect(url.expose()).await.unwrap();
    layouts_until(14, Kind::Postgres).run(&before).await.unwrap();
    for statement in BUDGETS_OF_14 {
        sqlx::query(statement).execute(&before).await.unwrap();
    }
    before.close().await;
    budgets_are_kept(&Database::open(&place, &hasher).await.unwrap()).await;
}

/// Before a question, in it, after it: wherever a server falls silent, whoever comes once it speaks again is served.
#[tokio::test]
async fn a_server_may_fall_silent_at_any_piece_of_what_it_is_told() {
    /// A question is told in fewer.
    const PIECES: usize = 6;
    /// Beyond that nobody is ever served again.
    const FOR_EVER: Duration = Duration::from_secs(40);
    let server = Throwaway::start().await;
    let way = SilentWay::to(server.socket()).await;
    server.place("pieces").await;
    let place = DatabasePlace::server(way.url("pieces", 1)).unwrap();
    let database = Database::open(&place, &KeyHasher::new(&[1; 32])).await.unwrap();
    for pieces in 0..PIECES {
        way.fall_silent_after(pieces);
        let was_silent = Cell::new(false);
        let asking = async {
            while !was_silent.get() {
                let _ = sqlx::query("SELECT 1").fetch_one(&database.pool).await;
            }
        };
        let carrying = async {
            way.silent().await;
            way.carry_again();
            was_silent.set(true);
        };
        tokio::join!(asking, carrying);
        let served = async { while sqlx::query("SELECT 1").fetch_one(&database.pool).await.is_err() {} };
        timeout(FOR_EVER, served)
            .await
            .unwrap_or_else(|_| panic!("silent after {pieces} pieces, and for ever"));
    }
    database.close().await;
}

/// What is let go in the middle is undone, on either database, and the next has a connection without it.
#[tokio::test]
async fn what_is_let_go_in_the_middle_is_undone_and_keeps_nobody() {
    let (server, hasher) = (Throwaway::start().await, KeyHasher::new(&[1; 32]));
    let dir = tempfile::tempdir().unwrap();
    for place in [DatabasePlace::File(dir.path().join(DATABASE_FILE)), server.place("middle").await] {
        let database = Database::open(&place, &hasher).await.unwrap();
        let before = database.begin_epoch().await.unwrap();
        let mut left = database.begin().await.unwrap();
        sqlx::query("UPDATE meta SET epoch = 77").execute(&mut *left).await.unwrap();
        drop(left);
        assert_eq!(database.begin_epoch().await.unwrap(), before + 1, "{place}");

        // A question is let go before its answer, a transaction before it has begun.
        for _ in 0..3 {
            let _ = sqlx::query("SELECT epoch FROM meta").fetch_one(&database.pool).now_or_never();
            let _ = database.begin().now_or_never();
        }
        // A transaction that has failed is no reason not to begin another.
        let mut failed = database.begin().await.unwrap();
        sqlx::query("SELECT nothing FROM nowhere").execute(&mut *failed).await.unwrap_err();
        drop(failed);
        assert_eq!(database.begin_epoch().await.unwrap(), before + 2, "{place}");
        database.close().await;
        assert!(matches!(database.begin().await.map(|_| ()), Err(sqlx::Error::PoolClosed)), "{place}");
    }
}
