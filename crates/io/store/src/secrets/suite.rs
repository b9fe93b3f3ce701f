//! What every database must do alike for secrets.

use domain::{Secret, Timestamp};
use sqlx::Row;

use super::contract::{SealedSecret, SecretRecords};
use super::sealed_places::{CONFIG_VERSIONS, SECRETS, purpose_of_secret};
use crate::audit::{AuditRecords, NewAuditEntry};
use crate::configs::{ConfigRecords, ConfigShelf};
use crate::database::{Database, Kind};
use crate::keys::KeyHasher;
use crate::master_key::MasterKey;
use crate::seal::generation;
use crate::switches::suite::entry;

const NOW: Timestamp = Timestamp(1_795_219_200_000);

fn secret(name: &str, version: i64, sealed: &[u8]) -> SealedSecret {
    SealedSecret {
        name: name.to_owned(),
        sealed: sealed.to_vec(),
        hint: format!("…{version}"),
        version,
        created_at: NOW,
        changed_at: Timestamp(NOW.unix_ms() + version),
    }
}

fn done(action: &'static str) -> NewAuditEntry {
    NewAuditEntry { action, ..entry(1) }
}

pub(super) async fn a_secret_is_kept_set_anew_and_removed(database: &Database) {
    assert_eq!(database.secrets().await.unwrap(), []);
    let (first, other) = (secret("b", 1, &[0, 1, 255]), secret("a", 1, b"x"));
    assert_eq!(database.put(&first, &done("secret.set")).await.unwrap(), 1);
    assert_eq!(database.put(&other, &done("secret.set")).await.unwrap(), 2);
    let second = secret("b", 2, b"another");
    database.put(&second, &done("secret.set")).await.unwrap();
    assert_eq!(database.secrets().await.unwrap(), [other.clone(), second]);
    assert_eq!(SecretRecords::remove(database, "b", &done("secret.remove")).await.unwrap(), Some(4));
    assert_eq!(SecretRecords::remove(database, "b", &done("secret.remove")).await.unwrap(), None);
    assert_eq!(database.secrets().await.unwrap(), [other]);
    let actions: Vec<String> =
        database.audit(None, 10).await.unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["secret.remove", "secret.set", "secret.set", "secret.set"]);
}

async fn generations(database: &Database) -> Vec<u32> {
    let mut found = Vec::new();
    for place in [&SECRETS, &CONFIG_VERSIONS] {
        for row in sqlx::query(place.read).fetch_all(&database.pool).await.unwrap() {
            found.push(generation(&row.get::<Vec<u8>, _>("sealed")).unwrap().0);
        }
    }
    found
}

pub(super) async fn everything_is_sealed_anew_or_nothing(database: &Database) {
    let master = MasterKey::from_text(&Secret::new("m".repeat(32))).unwrap();
    let seal = database.seal(&master);
    let shelf =
        ConfigShelf::new(Box::new(database.clone()), KeyHasher::new(&[1; 32]), database.seal(&master));
    shelf.keep("workers: 1", "b.yaml", "start", NOW).await.unwrap();
    shelf.keep("workers: 2", "b.yaml", "reload", NOW).await.unwrap();
    let good = secret("good", 1, &seal.seal(&purpose_of_secret("good"), b"sk-secret"));
    // One that was sealed for another name: it does not open here, and stays as it is.
    let moved = secret("moved", 1, &good.sealed);
    for secret in [&good, &moved] {
        database.put(secret, &done("secret.set")).await.unwrap();
    }
    assert_eq!(generations(database).await, [1, 1, 1, 1]);

    let resealed = database.reseal(&seal, &done("secret.rotate")).await.unwrap();
    assert_eq!(
        (resealed.generation, resealed.secrets, resealed.config_versions, resealed.left),
        (2, 1, 2, 1)
    );
    assert_eq!(generations(database).await, [2, 1, 2, 2]);
    assert_eq!(shelf.text(1).await.unwrap(), "workers: 1");
    let kept = database.secrets().await.unwrap();
    assert_eq!(seal.open(&purpose_of_secret("good"), &kept[0].sealed).unwrap(), b"sk-secret");
    assert_eq!(kept[1], moved);
    // Everybody who seals for this database seals by it from now on.
    shelf.keep("workers: 3", "b.yaml", "reload", NOW).await.unwrap();
    assert_eq!(generations(database).await, [2, 1, 2, 2, 2]);
    let told = &database.audit(None, 1).await.unwrap()[0];
    assert_eq!(told.before, r#"{"generation":1}"#);

    // Where the last step fails, nothing has been done.
    sqlx::query("UPDATE audit_head SET number = number + 1").execute(&database.pool).await.unwrap();
    database.reseal(&seal, &done("secret.rotate")).await.unwrap_err();
    assert_eq!(generations(database).await, [2, 1, 2, 2, 2]);
    assert_eq!(generation(&seal.seal("x", b"y")).unwrap().0, 2);
    assert_eq!(shelf.text(3).await.unwrap(), "workers: 3");
}

pub(super) async fn every_sealed_column_is_in_the_list(database: &Database) {
    let columns = match database.kind {
        Kind::Sqlite => {
            "SELECT t.name AS place FROM sqlite_master t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND c.name LIKE '%sealed%' ORDER BY t.name"
        }
        Kind::Postgres => {
            "SELECT table_name::TEXT AS place FROM information_schema.columns
             WHERE table_schema = 'public' AND column_name LIKE '%sealed%' ORDER BY table_name"
        }
    };
    let rows = sqlx::query(columns).fetch_all(&database.pool).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get("place")).collect();
    let places = [&CONFIG_VERSIONS, &SECRETS];
    assert_eq!(found.len(), places.len(), "{found:?}");
    for (table, place) in found.iter().zip(places) {
        assert!(place.write.starts_with(&format!("UPDATE {table} SET sealed = ")), "{table}");
    }
    assert_eq!(ConfigRecords::list(database).await.unwrap(), []);
}
