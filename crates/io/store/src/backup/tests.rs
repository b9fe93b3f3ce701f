//! Backups of either database, restored into either.

use std::io::{BufRead, Cursor};
use std::path::Path;
use std::time::Duration;

use domain::{Secret, Timestamp};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::time::timeout;

use super::tables::{TABLES, is_left_out};
use super::{BackupError, Restored, back_up, restore};
use crate::audit::{AuditRecords, NewAuditEntry};
use crate::configs::ConfigShelf;
use crate::database::silent_way::{LastWords, SilentWay};
use crate::database::throwaway::Throwaway;
use crate::database::{DATABASE_FILE, Database, DatabasePlace, Kind};
use crate::keys::{Asker, KeyDesk, KeyHasher, NewKey};
use crate::master_key::MasterKey;
use crate::reports::{MARKS, SUMS};
use crate::requests::suite::row;
use crate::requests::{REQUESTS_FILE, RequestRecords, RequestStore, RowBatch, RowsKept};
use crate::secrets::{HeldSecret, SecretDesk};
use crate::switches::suite::entry;
use crate::who::Who;

const NOW: Timestamp = Timestamp(1_795_219_200_000);
const CONFIG: &str = "workers: 2 # ü";

fn master() -> MasterKey {
    MasterKey::from_text(&Secret::new("m".repeat(32))).unwrap()
}

fn hasher() -> KeyHasher {
    master().key_hasher()
}

fn done() -> NewAuditEntry {
    NewAuditEntry { action: "database.restore", ..entry(9) }
}

fn file(dir: &Path) -> DatabasePlace {
    DatabasePlace::File(dir.join(DATABASE_FILE))
}

/// Something in every table, odd texts and nothing-at-alls included.
async fn filled(database: &Database) -> Secret {
    let desk = KeyDesk::open(Box::new(database.clone()), hasher(), "bw_").await.unwrap();
    let key =
        desk.create(NewKey::named("ü \"quoted\"\\"), &Asker::operator("test"), NOW).await.unwrap().secret;
    let secrets = SecretDesk::open(Box::new(database.clone()), database.seal(&master())).await.unwrap();
    let who = Who { actor: "admin key", by: None, request_id: None };
    secrets.set("main", Secret::new("sk-secret".to_owned()), String::new(), who.clone(), NOW).await.unwrap();
    secrets.rotate("yearly".to_owned(), who, NOW).await.unwrap();
    let shelf = ConfigShelf::new(Box::new(database.clone()), hasher(), database.seal(&master()));
    for text in ["workers: 1", CONFIG] {
        shelf.keep(text, "b.yaml", "start", NOW).await.unwrap();
    }
    for statement in [
        "INSERT INTO users (id, email, name, created_at_ms) VALUES ('user_a', 'ada@example.com', 'Ada', 1)",
        "INSERT INTO members VALUES ('org_default', 'user_a', 'owner', 2)",
        "INSERT INTO provider_switches VALUES ('p', '', 'm', 'off', 3, NULL, 'why')",
        "INSERT INTO price_versions VALUES (1, 4, NULL, 'first', 0, 'rows: []')",
        "INSERT INTO budgets VALUES (1, 'org_default', 'project', 'proj_default', 'day', 'UTC', 7, 80, 1, 1, 8, NULL)",
        "INSERT INTO budget_windows VALUES (1, 9, 6)",
        "INSERT INTO rate_limits VALUES (1, 'org_default', 'key', 'key_a', 'hard', NULL, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 11, NULL)",
        "INSERT INTO alerts VALUES ('balance', 'account 1', 'warning', 'low', '{}', 'firing', 1, 2, NULL, NULL, 'raised', 3, '{\"own\":1}')",
        "INSERT INTO alert_silences VALUES (1, 'balance', NULL, 9, 8, NULL, 'why', NULL)",
        "INSERT INTO alert_deliveries VALUES (1, 'ops', '{}', 'delivered', 1, 2, 3, 4, NULL)",
        "INSERT INTO alert_spend VALUES (1, '{}')",
        "INSERT INTO price_drafts (made_at_ms, by_whom, source, rows_count, text) VALUES (5, 'ada', 's', 0, '')",
        "INSERT INTO accounts VALUES (1, 'org_default', '', 'USD', 10, 6)",
        "INSERT INTO orders VALUES (1, 1, 5, 'USD', 'note', 7, 'bank 1', 8, NULL)",
        "INSERT INTO sign_ups VALUES ('org_default', 1, 6, 'user_a', 'example.com', '', 5, 9, NULL)",
    ] {
        sqlx::query(statement).execute(&database.pool).await.expect(statement);
    }
    sqlx::query("INSERT INTO user_tokens VALUES ('utok_a', 'user_a', 'laptop', 'h', $1, 6, NULL, NULL, 7)")
        .bind([0_u8, 255].repeat(16))
        .execute(&database.pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO vouchers VALUES (1, $1, 'BWV-…-A', 5, 'USD', NULL, '', 7, NULL, NULL, 8, 1)")
        .bind([1_u8, 254].repeat(16))
        .execute(&database.pool)
        .await
        .unwrap();
    database.note(&entry(1)).await.unwrap();
    key
}

/// The sums of calls beside a database; none where that is in memory.
async fn requests(place: &DatabasePlace, database: &Database) -> RequestStore {
    let path = match place {
        DatabasePlace::File(path) => path.with_file_name(REQUESTS_FILE),
        _ => "nowhere".into(),
    };
    RequestStore::open(database, &path).await.unwrap()
}

/// Some calls, folded and fresh.
async fn called(place: &DatabasePlace, database: &Database) {
    let store = requests(place, database).await;
    for seeds in [1..40, 40..50] {
        store.sum_up(NOW).await.unwrap();
        let mut batch = RowBatch::default();
        seeds.for_each(|seed| batch.push(&row(seed)));
        store.write(&batch, RowsKept::ALL).await.unwrap();
    }
    store.close().await;
}

async fn backup(place: &DatabasePlace) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut told = 0;
    let mut progress = |_: &str, rows| told += rows;
    let report = back_up(place, &hasher(), NOW, &mut bytes, &mut progress).await.unwrap();
    assert_eq!(report.rows(), told);
    // Of sums only where there are some.
    assert!([0, 2].contains(&(report.tables.len() - TABLES.len())));
    bytes
}

async fn restored(place: &DatabasePlace, hasher: &KeyHasher, bytes: &[u8]) -> Result<Restored, BackupError> {
    let source = || Ok(Box::new(Cursor::new(bytes.to_vec())) as Box<dyn BufRead>);
    restore(place, hasher, &source, done(), &mut |_, _| {}).await
}

/// Each table with its rows, in the order of names of columns, which the databases need not share.
fn tables(backup: &[u8]) -> Vec<(String, Vec<Value>)> {
    let mut tables: Vec<(String, Vec<Value>)> = Vec::new();
    let mut names = Vec::new();
    for line in backup.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_slice(line).unwrap();
        if let Some(table) = line["table"].as_str() {
            names = line["columns"]
                .as_array()
                .unwrap()
                .iter()
                .map(|column| column[0].as_str().unwrap().to_owned())
                .collect();
            tables.push((table.to_owned(), Vec::new()));
        } else if let Some(cells) = line.as_array() {
            let row: Value =
                names.iter().cloned().zip(cells.iter().cloned()).collect::<serde_json::Map<_, _>>().into();
            tables.last_mut().unwrap().1.push(row);
        }
    }
    tables
}

/// Fills one, restores it into the other, and finds everything there and at work.
async fn round_trip(from: &DatabasePlace, to: &DatabasePlace) {
    let source = Database::open(from, &hasher()).await.unwrap();
    let key = filled(&source).await;
    called(from, &source).await;
    // While it is open and held.
    let bytes = backup(from).await;
    let before = tables(&bytes);
    assert_eq!(
        before[TABLES.len()..].iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        [MARKS, SUMS]
    );
    for (table, rows) in &before {
        // No money is moved here.
        let is_unused = table.starts_with("ledger_");
        assert!(is_unused || !rows.is_empty(), "{table} has nothing that could be lost");
    }
    let told = restored(to, &hasher(), &bytes).await.unwrap();
    assert_eq!((&told.audit, told.has_other_sums), (&None, false));
    assert_eq!(told.report.tables.iter().map(|(_, rows)| *rows).sum::<u64>(), told.report.rows());

    let target = Database::open(to, &hasher()).await.unwrap();
    for ((table, rows), (_, found)) in before.iter().zip(tables(&backup(to).await)) {
        match table.as_str() {
            "audit" => assert_eq!(found[..rows.len()], rows[..], "and one row more"),
            "audit_head" => {}
            _ => assert_eq!(found, *rows, "{table}"),
        }
    }
    let verdict = target.verify(None).await.unwrap();
    assert_eq!(verdict.fault, None);
    let newest = target.audit(None, 1).await.unwrap().remove(0);
    assert_eq!(
        (newest.action.as_str(), newest.json()["after"]["rows"].as_u64()),
        ("database.restore", Some(told.report.rows()))
    );
    let desk = KeyDesk::open(Box::new(target.clone()), hasher(), "bw_").await.unwrap();
    assert!(desk.directory().find(&hasher().digest(key.expose())).is_some());
    let secrets = SecretDesk::open(Box::new(target.clone()), target.seal(&master())).await.unwrap();
    assert_eq!(secrets.find("main"), HeldSecret::Found(Secret::new("sk-secret".to_owned())));
    let shelf = ConfigShelf::new(Box::new(target.clone()), hasher(), target.seal(&master()));
    assert_eq!(shelf.text(2).await.unwrap(), CONFIG);
    assert_eq!(shelf.keep("workers: 3", "b.yaml", "reload", NOW).await.unwrap(), 3, "it goes on counting");
    let again = restored(to, &hasher(), &bytes).await.unwrap_err();
    let is_refused = match to {
        // Held by the gateway that runs on it.
        DatabasePlace::Server(_) => matches!(again, BackupError::Store(_)),
        _ => matches!(again, BackupError::NotEmpty(_)),
    };
    assert!(is_refused, "{again}");
    target.close().await;
    assert!(matches!(restored(to, &hasher(), &bytes).await, Err(BackupError::NotEmpty(_))));
    source.close().await;
}

#[tokio::test]
async fn everything_comes_back_in_either_database() {
    let [from, to, from_server] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let server = Throwaway::start().await;
    round_trip(&file(from.path()), &file(to.path())).await;
    assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 2, "nothing is left beside it and its sums");
    let other = tempfile::tempdir().unwrap();
    round_trip(&file(other.path()), &server.place("from_sqlite").await).await;
    round_trip(&server.place("to_sqlite").await, &file(from_server.path())).await;
    round_trip(&server.place("one").await, &server.place("two").await).await;
}

/// Sums that are there are as good as those of a backup, or newer.
#[tokio::test]
async fn sums_that_are_there_already_stay() {
    let server = Throwaway::start().await;
    let [from, to] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let source = Database::open(&file(from.path()), &hasher()).await.unwrap();
    filled(&source).await;
    let without = backup(&file(from.path())).await;
    called(&file(from.path()), &source).await;
    let bytes = backup(&file(from.path())).await;
    source.close().await;
    let path = to.path().join(REQUESTS_FILE);
    std::fs::write(&path, "somebody's own").unwrap();
    assert!(restored(&file(to.path()), &hasher(), &bytes).await.unwrap().has_other_sums);
    assert_eq!(std::fs::read(&path).unwrap(), b"somebody's own");
    let place = server.place("their_own").await;
    let mut connection = sqlx::AnyConnection::connect(match &place {
        DatabasePlace::Server(url) => url.expose(),
        _ => unreachable!(),
    })
    .await
    .unwrap();
    for statement in [
        "CREATE TABLE requests_sums (number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tier BIGINT NOT NULL, period BIGINT NOT NULL, packed BYTEA NOT NULL)",
        "INSERT INTO requests_sums (tier, period, packed) VALUES (3, 1, ''::BYTEA)",
    ] {
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    }
    assert!(restored(&place, &hasher(), &bytes).await.unwrap().has_other_sums);
    let row =
        sqlx::query("SELECT COUNT(*) AS rows FROM requests_sums").fetch_one(&mut connection).await.unwrap();
    assert_eq!(row.get::<i64, _>("rows"), 1);
    // One of before there were sums in backups, or of a gateway without calls.
    let nobody = tempfile::tempdir().unwrap();
    assert!(!restored(&file(nobody.path()), &hasher(), &without).await.unwrap().has_other_sums);
    assert_eq!(std::fs::read_dir(nobody.path()).unwrap().count(), 1);
}

/// Where a server falls silent within a backup or a restore, whoever waits is told so.
#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_by_backup_and_restore() {
    /// Beyond that nobody has given it up.
    const FOR_EVER: Duration = Duration::from_secs(40);
    let server = Throwaway::start().await;
    let source = Database::open(&server.place("silent_from").await, &hasher()).await.unwrap();
    filled(&source).await;
    source.close().await;
    let way = SilentWay::to(server.socket()).await;
    let place = |name| DatabasePlace::server(way.url(name, 1)).unwrap();
    let bytes = backup(&place("silent_from")).await;
    way.fall_silent_at("FROM caller_keys ORDER", LastWords::Arrive);
    let (mut half, from, hasher) = (Vec::new(), place("silent_from"), hasher());
    let given_up = timeout(FOR_EVER, back_up(&from, &hasher, NOW, &mut half, &mut |_, _| {})).await;
    let error = given_up.expect("a backup is given up").unwrap_err().to_string();
    assert!(error.contains("silent for 2 seconds"), "{error}");
    way.carry_again();
    assert_eq!(backup(&from).await.len(), bytes.len());
    server.place("silent_to").await;
    way.fall_silent_at("INSERT INTO caller_keys", LastWords::AreLost);
    let to = place("silent_to");
    let error = timeout(FOR_EVER, restored(&to, &hasher, &bytes)).await.expect("a restore is given up");
    let error = error.unwrap_err().to_string();
    assert!(error.contains("silent for 1 seconds"), "{error}");
}

/// Whoever adds a table says here whether backups hold it.
#[tokio::test]
async fn no_table_is_forgotten() {
    let server = Throwaway::start().await;
    let in_memory = Database::in_memory(&hasher()).await.unwrap();
    for database in [in_memory, Database::open(&server.place("tables").await, &hasher()).await.unwrap()] {
        let asked = match database.kind {
            Kind::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
            Kind::Postgres => {
                "SELECT table_name::TEXT AS name FROM information_schema.tables
                 WHERE table_schema = current_schema() ORDER BY 1"
            }
        };
        let rows = sqlx::query(asked).fetch_all(&database.pool).await.unwrap();
        let mut found: Vec<String> = rows.iter().map(|row| row.get("name")).collect();
        found.retain(|name| !is_left_out(name));
        let mut listed: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        listed.sort_unstable();
        assert_eq!(found, listed);
    }
}

/// A backup of a filled file, and a place that nothing must appear in.
async fn backup_and_place() -> (Vec<u8>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let from = tempfile::tempdir().unwrap();
    let source = Database::open(&file(from.path()), &hasher()).await.unwrap();
    filled(&source).await;
    source.close().await;
    (backup(&file(from.path())).await, dir)
}

async fn refused(dir: &Path, hasher: &KeyHasher, bytes: &[u8]) -> BackupError {
    let error = restored(&file(dir), hasher, bytes).await.unwrap_err();
    assert_eq!(std::fs::read_dir(dir).unwrap().count(), 0, "{error}: nothing may be left");
    error
}

#[tokio::test]
async fn what_is_cut_or_edited_is_refused() {
    let (good, dir) = backup_and_place().await;
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    for kept in 1..lines.len() {
        let error = refused(dir.path(), &hasher(), &lines[..kept].concat()).await;
        assert!(matches!(error, BackupError::CutOff(_)), "{kept} lines: {error}");
    }
    for cut in (1..good.len()).step_by(97) {
        refused(dir.path(), &hasher(), &good[..cut]).await;
    }
    for place in (0..good.len()).step_by(61) {
        let mut edited = good.clone();
        edited[place] ^= 1;
        refused(dir.path(), &hasher(), &edited).await;
    }
    let exchanged: Vec<&[u8]> = (0..lines.len())
        .map(|at| {
            if at == 2 {
                lines[3]
            } else if at == 3 {
                lines[2]
            } else {
                lines[at]
            }
        })
        .collect();
    let error = refused(dir.path(), &hasher(), &exchanged.concat()).await;
    assert!(matches!(error, BackupError::Changed), "{error}");
    let more = [good.as_slice(), b"[]\n"].concat();
    assert!(matches!(refused(dir.path(), &hasher(), &more).await, BackupError::Damaged { .. }));
    restored(&file(dir.path()), &hasher(), &good).await.expect("the good one is taken");
}

/// A checksum can be made by anybody, the mark beside it cannot.
#[tokio::test]
async fn who_makes_a_fitting_checksum_needs_the_master_key() {
    let (good, dir) = backup_and_place().await;
    let text = String::from_utf8(good).unwrap();
    let edited = text.replace("ada@example.com", "eve@example.com");
    let (body, end) = edited.trim_end().rsplit_once('\n').unwrap();
    let body = format!("{body}\n");
    let mut end: Value = serde_json::from_str(end).unwrap();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body.as_bytes());
    end["sha256"] = json!(crate::hex::hex(hash.as_ref()));
    let forged = format!("{body}{end}\n");
    assert!(matches!(refused(dir.path(), &hasher(), forged.as_bytes()).await, BackupError::Changed));
}

#[tokio::test]
async fn what_cannot_be_restored_here_says_why() {
    let (good, dir) = backup_and_place().await;
    let text = String::from_utf8(good.clone()).unwrap();
    let other = refused(dir.path(), &KeyHasher::new(&[9; 32]), &good).await;
    assert!(matches!(other, BackupError::OtherMasterKey), "{other}");
    for nothing in ["", "{}\n", "no backup\n", "[1,2]\n"] {
        let error = refused(dir.path(), &hasher(), nothing.as_bytes()).await;
        assert!(matches!(error, BackupError::NoBackup), "{nothing}: {error}");
    }
    for (old, new) in [("\"layouts\":[1,", "\"layouts\":[1,7000,"), ("backup\":1", "backup\":2")] {
        let newest = text.replacen(old, new, 1).replacen("[1,7000,2", "[1,2", 1).replacen(
            "],\"key_check",
            ",7000],\"key_check",
            1,
        );
        let error = refused(dir.path(), &hasher(), newest.as_bytes()).await;
        assert!(matches!(error, BackupError::Newer { found: 7000, .. }), "{error}");
    }
    let odd = text.replacen("\"layouts\":[1,2,", "\"layouts\":[1,", 1);
    assert!(matches!(
        refused(dir.path(), &hasher(), odd.as_bytes()).await,
        BackupError::Damaged { line: 1, .. }
    ));
}

#[tokio::test]
async fn what_cannot_be_backed_up_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let place = file(dir.path());
    let mut nowhere = Vec::new();
    let ask = async |hasher: &KeyHasher, out: &mut Vec<u8>| {
        back_up(&place, hasher, NOW, out, &mut |_, _| {}).await.unwrap_err()
    };
    assert!(matches!(ask(&hasher(), &mut nowhere).await, BackupError::NoDatabase(_)));
    assert!(!dir.path().join(DATABASE_FILE).exists(), "it is not made by being asked for");
    let database = Database::open(&place, &hasher()).await.unwrap();
    let other = ask(&KeyHasher::new(&[9; 32]), &mut nowhere).await;
    assert!(matches!(other, BackupError::OtherMasterKey), "{other}");
    let last = "DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)";
    sqlx::query(AssertSqlSafe(last)).execute(&database.pool).await.unwrap();
    let older = ask(&hasher(), &mut nowhere).await;
    assert!(matches!(older, BackupError::OtherLayout { .. }), "{older}");
    assert!(nowhere.is_empty());
}

/// An audit that somebody has edited is restored as it is, and that is told.
#[tokio::test]
async fn a_tampered_audit_is_restored_and_told() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = Database::open(&file(from.path()), &hasher()).await.unwrap();
    filled(&source).await;
    for statement in ["DROP TRIGGER audit_is_not_changed", "UPDATE audit SET reason = 'x' WHERE number = 2"] {
        sqlx::query(statement).execute(&source.pool).await.unwrap();
    }
    let told = restored(&file(to.path()), &hasher(), &backup(&file(from.path())).await).await.unwrap();
    assert_eq!(told.audit.unwrap().to_string(), "row 2 was edited: its hash is of something else");
}
