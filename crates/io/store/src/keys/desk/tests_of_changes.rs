//! Rotating, taking over and using keys, over a database in memory.

use domain::{ProjectId, Secret, Timestamp};

use super::{ForeignKey, ForeignSecret, KeyDesk, KeyError, NewKey};
use crate::database::Database;
use crate::keys::contract::{Asker, KeyFilter, KeyState};
use crate::keys::digest::KeyHasher;
use crate::keys::tags::KeyTags;
use crate::tenancy::Reach;

const NOW: Timestamp = Timestamp(1_795_219_200_000);
const DAY_MS: i64 = 86_400_000;

fn operator() -> Asker {
    Asker::operator("a test")
}

async fn opened(store: &Database) -> KeyDesk {
    KeyDesk::open(Box::new(store.clone()), KeyHasher::new(&[1; 32]), "bw_").await.unwrap()
}

async fn desk() -> (Database, KeyDesk) {
    let store = Database::in_memory(&KeyHasher::new(&[1; 32])).await.unwrap();
    let desk = opened(&store).await;
    (store, desk)
}

fn state(desk: &KeyDesk, secret: &str, now: Timestamp) -> Option<KeyState> {
    desk.directory().look_up(secret, &desk.hasher()).map(|entry| entry.state(now))
}

#[tokio::test]
async fn both_keys_open_until_the_overlap_is_over() {
    let (store, desk) = desk().await;
    let tags = KeyTags::of([("team".to_owned(), "shop".to_owned())]).unwrap();
    let wish = NewKey { expires_at: Some(Timestamp(NOW.0 + 10 * DAY_MS)), tags, ..NewKey::named("shop") };
    let issued = desk.create(wish, &operator(), NOW).await.unwrap();
    let later = Timestamp(NOW.0 + DAY_MS);
    let rotated = desk.rotate(issued.key.id.as_str(), (3600, None), &operator(), later).await.unwrap();
    let end = Timestamp(later.0 + 3_600_000);
    assert_eq!(
        (rotated.former.expires_at, rotated.former.rotated_to.as_ref()),
        (Some(end), Some(&rotated.key.id))
    );
    assert_eq!((rotated.key.name.as_str(), &rotated.key.tags), ("shop", &issued.key.tags));
    assert_eq!(
        rotated.key.expires_at,
        Some(Timestamp(later.0 + 10 * DAY_MS)),
        "as long as the one before had"
    );
    for desk in [&desk, &opened(&store).await] {
        let both =
            |now| [&issued.secret, &rotated.secret].map(|secret| state(desk, secret.expose(), now).unwrap());
        assert_eq!(both(later), [KeyState::Active, KeyState::Active]);
        assert_eq!(both(end), [KeyState::Expired, KeyState::Active]);
    }
    let again = desk.rotate(issued.key.id.as_str(), (0, None), &operator(), later).await.unwrap_err();
    assert!(again.to_string().contains(&format!("rotated to {} already", rotated.key.id)), "{again}");
    let long = desk.rotate(rotated.key.id.as_str(), (u64::MAX, None), &operator(), later).await.unwrap_err();
    assert!(matches!(long, KeyError::BadOverlap(_)), "{long}");
    let at_once = desk.rotate(rotated.key.id.as_str(), (0, Some(None)), &operator(), later).await.unwrap();
    assert_eq!(state(&desk, rotated.secret.expose(), later), Some(KeyState::Expired));
    assert_eq!(at_once.key.expires_at, None);
    desk.revoke(at_once.key.id.as_str(), &operator(), later).await.unwrap();
    let revoked = desk.rotate(at_once.key.id.as_str(), (0, None), &operator(), later).await.unwrap_err();
    assert!(matches!(revoked, KeyError::AlreadyRevoked { .. }), "{revoked}");
}

#[tokio::test]
async fn a_key_ends_when_it_usually_does() {
    let (_store, desk) = desk().await;
    assert_eq!(desk.usual_expiry(NOW), Some(Timestamp(NOW.0 + 90 * DAY_MS)));
    assert_eq!(desk.with_days_default(None).usual_expiry(NOW), None);
}

#[tokio::test]
async fn the_last_use_is_told_at_once_and_kept_in_time() {
    let (store, desk) = desk().await;
    let issued = desk.create(NewKey::named("used"), &operator(), NOW).await.unwrap();
    let id = issued.key.id.as_str();
    let used = async |desk: &KeyDesk| desk.find(id, &Reach::All).await.unwrap().last_used_at;
    assert_eq!(used(&desk).await, None);
    desk.keep_uses().await.unwrap();
    let directory = desk.directory();
    directory.note_use(&directory.find_by_id(&issued.key.id).unwrap(), Timestamp(NOW.0 + 5));
    assert_eq!(used(&desk).await, Some(NOW), "to the minute");
    assert_eq!(used(&opened(&store).await).await, None, "not yet");
    desk.keep_uses().await.unwrap();
    assert_eq!(used(&opened(&store).await).await, Some(NOW));
    directory.note_use(&directory.find_by_id(&issued.key.id).unwrap(), Timestamp(NOW.0 + 60_000));
    store.close().await;
    assert!(desk.keep_uses().await.is_err());
    assert_eq!(directory.unkept_uses(10).len(), 1, "what could not be kept is tried again");
}

fn foreign(row: usize, name: &str, known: ForeignSecret) -> ForeignKey {
    ForeignKey { row, known, wish: NewKey::named(name), budget: None }
}

fn plain(key: &str) -> ForeignSecret {
    ForeignSecret::Key(Secret::new(key.to_owned()))
}

#[tokio::test]
async fn keys_from_elsewhere_open_as_they_are() {
    let (store, desk) = desk().await;
    let hash = KeyHasher::sha256("sk-known-by-its-hash-alone");
    let keys = || {
        vec![
            foreign(1, "itself", plain("sk-known-as-it-is-sent")),
            foreign(2, "hashed", ForeignSecret::Sha256(hash)),
        ]
    };
    let tried = desk.import(keys(), ("a file", true), &operator(), NOW).await.unwrap();
    assert_eq!((tried.len(), desk.directory().len()), (2, 0));
    let taken = desk.import(keys(), ("a file", false), &operator(), NOW).await.unwrap();
    assert_eq!(taken.len(), 2);
    assert!(taken[1].hint.starts_with("sha256:"));
    for desk in [&desk, &opened(&store).await] {
        for key in ["sk-known-as-it-is-sent", "sk-known-by-its-hash-alone"] {
            assert_eq!(state(desk, key, NOW), Some(KeyState::Active), "{key}");
        }
        assert_eq!(state(desk, "sk-known-by-nobody-at-all", NOW), None);
    }
    let error = desk.import(keys(), ("a file", false), &operator(), NOW).await.unwrap_err();
    let KeyError::Rows(problems) = &error else { panic!("{error}") };
    let told: Vec<_> = problems.iter().map(|problem| (problem.row, problem.message.as_str())).collect();
    let here = |place: usize| format!("the key is here already as {}", taken[place].id);
    assert_eq!(told, [(1, here(0).as_str()), (2, here(1).as_str())]);
    let same = NewKey {
        verbatim: Some(Secret::new("sk-known-by-its-hash-alone".to_owned())),
        ..NewKey::named("again")
    };
    let found = desk.create(same, &operator(), NOW).await.unwrap();
    assert!(!found.is_new && found.key.id == taken[1].id);
    let row_by_hash = vec![foreign(9, "again", plain("sk-known-by-its-hash-alone"))];
    assert!(desk.import(row_by_hash, ("a file", false), &operator(), NOW).await.is_err());
}

#[tokio::test]
async fn every_problem_is_told_and_nothing_is_taken() {
    let (_store, desk) = desk().await;
    desk.create(NewKey::named("taken"), &operator(), NOW).await.unwrap();
    let nowhere = NewKey { project: ProjectId::parse("proj_nowhere").unwrap(), ..NewKey::named("nowhere") };
    let late = NewKey { expires_at: Some(NOW), ..NewKey::named("late") };
    let keys = vec![
        foreign(1, "good", plain("sk-a-key-that-is-good")),
        foreign(2, "bad", plain("short")),
        foreign(3, "  ", plain("sk-a-key-without-a-name")),
        foreign(4, "twice", plain("sk-a-key-that-is-good")),
        foreign(5, "taken", plain("sk-a-key-with-a-taken-name")),
        ForeignKey { row: 6, known: plain("sk-a-key-of-no-project"), wish: nowhere, budget: None },
        ForeignKey { row: 7, known: plain("sk-a-key-that-is-over"), wish: late, budget: None },
        foreign(8, "good", plain("sk-another-of-that-name")),
        foreign(9, "hash", ForeignSecret::Sha256(KeyHasher::sha256("sk-a-key-that-is-good"))),
    ];
    let error = desk.import(keys, ("a file", false), &operator(), NOW).await.unwrap_err();
    let KeyError::Rows(problems) = &error else { panic!("{error}") };
    let rows: Vec<_> = problems.iter().map(|problem| problem.row).collect();
    assert_eq!(rows, [2, 3, 4, 5, 6, 7, 8, 9], "{problems:?}");
    assert!(problems[2].message.contains("the same key as row 1"));
    let listed = desk.list(&KeyFilter::default(), None, 10, &Reach::All).await.unwrap();
    assert_eq!((listed.len(), desk.directory().len()), (1, 1));
}
