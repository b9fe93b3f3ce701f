//! Secrets as an operator sets and removes them.

use domain::{Secret, Timestamp};

use super::{HeldSecret, SECRET_BYTES_MAX, SecretDesk, SecretError, Who};
use crate::audit::AuditRecords;
use crate::database::{DATABASE_FILE, Database, DatabasePlace};
use crate::master_key::MasterKey;

const NOW: Timestamp = Timestamp(1_795_219_200_000);
const TEXT: &str = "sk-plain-secret-of-a-provider-9876";

fn master() -> MasterKey {
    MasterKey::from_text(&Secret::new("m".repeat(32))).unwrap()
}

fn who() -> Who {
    Who { actor: "admin key", by: Some("ada".to_owned()), request_id: None }
}

async fn open(database: &Database) -> SecretDesk {
    SecretDesk::open(Box::new(database.clone()), database.seal(&master())).await.unwrap()
}

async fn set(desk: &SecretDesk, name: &str, text: &str) -> Result<i64, SecretError> {
    let set = desk.set(name, Secret::new(text.to_owned()), String::new(), who(), NOW).await;
    set.map(|change| change.secret.version)
}

#[tokio::test]
async fn a_secret_is_found_again_and_the_database_never_sees_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE_FILE);
    let place = DatabasePlace::File(path.clone());
    let database = Database::open(&place, &master().key_hasher()).await.unwrap();
    let desk = open(&database).await;
    assert_eq!(set(&desk, "openai-main", "sk-the-first-of-them-all").await.unwrap(), 1);
    assert_eq!(set(&desk, "openai-main", TEXT).await.unwrap(), 2);
    assert_eq!(desk.find("openai-main"), HeldSecret::Found(Secret::new(TEXT.to_owned())));
    assert_eq!(desk.find("openai"), HeldSecret::Missing(vec!["openai-main".to_owned()]));

    let again = open(&database).await;
    assert_eq!(again.find("openai-main"), HeldSecret::Found(Secret::new(TEXT.to_owned())));
    let [view] = again.list().try_into().unwrap();
    assert_eq!((view.hint.as_str(), view.version, view.flaw), ("…9876", 2, None));
    let shown = format!("{} {:?} {again:?}", view.json(), view);
    let audit = database.audit(None, 10).await.unwrap();
    let audited = audit.iter().map(|entry| entry.json().to_string()).collect::<String>();
    assert!(!shown.contains("plain-secret") && !audited.contains("plain-secret"), "{shown} {audited}");
    assert_eq!((audit[0].action.as_str(), audit[0].subject.as_str()), ("secret.set", "openai-main"));
    assert_eq!(audit[0].after, r#"{"hint":"…9876","version":2}"#);
    database.close().await;
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(12).any(|window| window == b"plain-secret"));
}

#[tokio::test]
async fn what_the_configuration_names_is_not_removed() {
    let database = Database::in_memory(&master().key_hasher()).await.unwrap();
    let desk = open(&database).await;
    set(&desk, "a", TEXT).await.unwrap();
    let use_of = |path: &str| ("a".to_owned(), path.to_owned());
    desk.note_uses([use_of("providers.x.credentials[0]"), use_of("metrics.key")]);
    assert_eq!(desk.list()[0].used_by, ["providers.x.credentials[0]", "metrics.key"]);
    let remove = || desk.remove("a", String::new(), who(), NOW);
    let refused = remove().await.unwrap_err();
    let words = "the secret a is used by providers.x.credentials[0], metrics.key; take it out of the configuration first";
    assert_eq!(refused.to_string(), words);
    desk.note_uses([]);
    remove().await.unwrap();
    assert!(matches!(remove().await, Err(SecretError::Unknown(_))));
    assert_eq!(desk.find("a"), HeldSecret::Missing(Vec::new()));
    assert_eq!(database.audit(None, 1).await.unwrap()[0].action, "secret.remove");
}

#[tokio::test]
async fn what_is_no_name_or_no_secret_is_refused() {
    let database = Database::in_memory(&master().key_hasher()).await.unwrap();
    let desk = open(&database).await;
    for name in ["", "-a", "a b", "a/b", "ä", "rotate", &"a".repeat(65)] {
        assert!(matches!(set(&desk, name, TEXT).await, Err(SecretError::BadName)), "{name}");
    }
    for text in ["", "two words", "line\n", "ä", &"x".repeat(SECRET_BYTES_MAX + 1)] {
        let refused = set(&desk, "a", text).await.unwrap_err();
        assert!(matches!(refused, SecretError::BadValue), "{refused}");
    }
    set(&desk, "A.b_c-9", &"x".repeat(SECRET_BYTES_MAX)).await.unwrap();
    assert_eq!(desk.list().len(), 1);
}

#[tokio::test]
async fn one_that_does_not_open_is_none_of_the_others_trouble() {
    let database = Database::in_memory(&master().key_hasher()).await.unwrap();
    let desk = open(&database).await;
    for name in ["a", "b"] {
        set(&desk, name, TEXT).await.unwrap();
    }
    // Whoever writes to the database cannot have one secret used in the place of another.
    let moved = "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'a') WHERE name = 'b'";
    sqlx::query(moved).execute(&database.pool).await.unwrap();
    let again = open(&database).await;
    assert!(matches!(again.find("a"), HeldSecret::Found(_)));
    assert!(matches!(again.find("b"), HeldSecret::Unreadable(_)));
    assert!(again.list()[1].json()["flaw"].as_str().unwrap().contains("damaged"));
    set(&again, "b", TEXT).await.unwrap();
    assert!(matches!(open(&database).await.find("b"), HeldSecret::Found(_)));
}

#[tokio::test]
async fn a_rotation_changes_nothing_that_is_in_force() {
    let database = Database::in_memory(&master().key_hasher()).await.unwrap();
    let desk = open(&database).await;
    set(&desk, "a", TEXT).await.unwrap();
    let resealed = desk.rotate("as every year".to_owned(), who(), NOW).await.unwrap();
    assert_eq!((resealed.generation, resealed.secrets), (2, 1));
    for desk in [&desk, &open(&database).await] {
        assert_eq!(desk.find("a"), HeldSecret::Found(Secret::new(TEXT.to_owned())));
    }
    assert_eq!(desk.list()[0].version, 1);
    assert_eq!(database.audit(None, 1).await.unwrap()[0].reason, "as every year");
}
