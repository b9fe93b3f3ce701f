//! The desk over a database in memory.

use domain::{Secret, Timestamp};

use super::{KeyDesk, KeyError, NewKey, hint};
use crate::database::{DATABASE_FILE, Database, DatabasePlace};
use crate::keys::contract::{Asker, CallerKey, KeyChange, KeyFilter, KeyState};
use crate::keys::digest::KeyHasher;
use crate::keys::models::KeyModels;
use crate::keys::scopes::KeyScopes;
use crate::tenancy::Reach;

const NOW: Timestamp = Timestamp(1_795_219_200_000);

fn operator() -> Asker {
    Asker::operator("a test")
}

async fn listed(desk: &KeyDesk) -> Vec<CallerKey> {
    desk.list(&KeyFilter::default(), None, 10, &Reach::All).await.unwrap()
}

async fn desk() -> KeyDesk {
    let hasher = KeyHasher::new(&[1; 32]);
    let store = Database::in_memory(&hasher).await.unwrap();
    KeyDesk::open(Box::new(store), hasher, "bw_").await.unwrap()
}

fn named(name: &str) -> NewKey {
    NewKey::named(name)
}

fn verbatim(name: &str, key: &str) -> NewKey {
    NewKey { verbatim: Some(Secret::new(key.to_owned())), ..named(name) }
}

fn state(desk: &KeyDesk, secret: &Secret, now: Timestamp) -> Option<KeyState> {
    let digest = desk.hasher().digest(secret.expose());
    desk.directory().find(&digest).map(|entry| entry.state(now))
}

#[tokio::test]
async fn a_new_key_opens_until_it_is_revoked() {
    let desk = desk().await;
    assert!(desk.directory().is_empty());
    let issued = desk.create(named(" mobile app "), &operator(), NOW).await.unwrap();
    assert!(issued.is_new && domain::checksum_holds(issued.secret.expose()));
    assert_eq!(issued.key.name, "mobile app");
    assert_eq!(state(&desk, &issued.secret, NOW), Some(KeyState::Active));
    let revoked = desk.revoke(issued.key.id.as_str(), &operator(), NOW).await.unwrap();
    assert_eq!(state(&desk, &issued.secret, NOW), Some(KeyState::Revoked));
    assert_eq!(listed(&desk).await, [revoked]);
}

#[tokio::test]
async fn an_expiring_key_ends_by_itself() {
    let desk = desk().await;
    let end = Timestamp(NOW.0 + 1000);
    let wish = NewKey { expires_at: Some(end), ..named("short") };
    let issued = desk.create(wish, &operator(), NOW).await.unwrap();
    assert_eq!(state(&desk, &issued.secret, NOW), Some(KeyState::Active));
    assert_eq!(state(&desk, &issued.secret, end), Some(KeyState::Expired));
    assert_eq!(issued.key.state(end), KeyState::Expired);
}

#[tokio::test]
async fn a_verbatim_key_is_taken_once_and_found_again() {
    let desk = desk().await;
    let key = "sk-anything-visible-will-do";
    let first = desk.create(verbatim("from the environment", key), &operator(), NOW).await.unwrap();
    let again = desk.create(verbatim("another name", key), &operator(), NOW).await.unwrap();
    assert_eq!((first.is_new, again.is_new), (true, false));
    assert_eq!(first.key, again.key);
    assert_eq!(first.secret.expose(), key);
    desk.revoke(first.key.id.as_str(), &operator(), NOW).await.unwrap();
    let error = desk.create(verbatim("once more", key), &operator(), NOW).await.unwrap_err();
    assert!(matches!(error, KeyError::RevokedBefore { .. }), "{error}");
    assert_eq!(state(&desk, &first.secret, NOW), Some(KeyState::Revoked));
}

#[tokio::test]
async fn bad_wishes_change_nothing() {
    let desk = desk().await;
    desk.create(named("taken"), &operator(), NOW).await.unwrap();
    let check = async |wish: NewKey, message: &str| {
        let error = desk.create(wish, &operator(), NOW).await.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    check(named("  "), "a key's name must be").await;
    check(named("two\nlines"), "a key's name must be").await;
    check(named(&"ä".repeat(101)), "a key's name must be").await;
    check(named("taken"), "is named \"taken\" already").await;
    check(verbatim("short", "fifteen-charact"), "a key must be 16 to 256").await;
    check(verbatim("space", "sixteen or more chars"), "a key must be 16 to 256").await;
    check(NewKey { expires_at: Some(NOW), ..named("late") }, "2026-11-21T00:00:00.000Z is not in").await;
    assert_eq!(listed(&desk).await.len(), 1);
    assert_eq!(desk.directory().len(), 1);
    assert!(desk.create(named(&"ä".repeat(100)), &operator(), NOW).await.is_ok());
}

#[tokio::test]
async fn revoking_in_vain_says_why() {
    let desk = desk().await;
    for id in ["key_unknown", "org_default", ""] {
        let error = desk.revoke(id, &operator(), NOW).await.unwrap_err();
        assert!(matches!(error, KeyError::Unknown(ref asked) if asked == id), "{error}");
    }
    let issued = desk.create(named("twice"), &operator(), NOW).await.unwrap();
    desk.revoke(issued.key.id.as_str(), &operator(), NOW).await.unwrap();
    let error = desk.revoke(issued.key.id.as_str(), &operator(), Timestamp(NOW.0 + 5)).await.unwrap_err();
    let told = format!("the key {} was revoked at 2026-11-21T00:00:00.000Z already", issued.key.id);
    assert_eq!(error.to_string(), told);
}

#[tokio::test]
async fn a_key_is_strict_as_long_as_it_is_said_to_be() {
    let desk = desk().await;
    let issued = desk.create(NewKey { is_strict: true, ..named("careful") }, &operator(), NOW).await.unwrap();
    let entry = desk.directory().find_by_id(&issued.key.id).unwrap();
    let id = issued.key.id.as_str();
    assert!(issued.key.is_strict && entry.is_strict());
    for (wish, is_strict) in [(None, true), (Some(false), false), (Some(false), false), (Some(true), true)] {
        let changed = desk
            .change(id, KeyChange { is_strict: wish, ..KeyChange::default() }, &operator(), NOW)
            .await
            .unwrap();
        assert_eq!((changed.is_strict, entry.is_strict()), (is_strict, is_strict), "{wish:?}");
        assert_eq!(listed(&desk).await, [changed], "{wish:?}");
    }
}

#[tokio::test]
async fn a_key_allows_the_models_it_was_last_given() {
    let desk = desk().await;
    let only = |name: &str| KeyModels::only([name.to_owned()]).unwrap();
    let issued = desk
        .create(
            NewKey { scopes: KeyScopes { models: only("smart"), ..KeyScopes::ANY }, ..named("narrow") },
            &operator(),
            NOW,
        )
        .await
        .unwrap();
    let entry = desk.directory().find_by_id(&issued.key.id).unwrap();
    assert!(entry.allows("smart") && !entry.allows("other"));
    let change = |models| KeyChange { models: Some(models), ..KeyChange::default() };
    desk.change(issued.key.id.as_str(), change(only("other")), &operator(), NOW).await.unwrap();
    assert!(!entry.allows("smart") && entry.allows("other"));
    desk.change(issued.key.id.as_str(), KeyChange::default(), &operator(), NOW).await.unwrap();
    assert!(!entry.allows("smart"), "what is not given stays");
    desk.change(issued.key.id.as_str(), change(KeyModels::ANY), &operator(), NOW).await.unwrap();
    assert!(entry.allows("smart") && entry.allows("anything"));
}

#[tokio::test]
async fn a_verbatim_key_found_again_stays_as_it_was_changed() {
    let desk = desk().await;
    let wish = verbatim("from the environment", "sk-anything-visible-will-do");
    let issued = desk.create(wish.clone(), &operator(), NOW).await.unwrap();
    desk.change(
        issued.key.id.as_str(),
        KeyChange { is_strict: Some(true), ..KeyChange::default() },
        &operator(),
        NOW,
    )
    .await
    .unwrap();
    let again = desk.create(wish, &operator(), NOW).await.unwrap();
    assert!(again.key.is_strict && desk.directory().find_by_id(&again.key.id).unwrap().is_strict());
}

#[tokio::test]
async fn changing_in_vain_says_why_and_changes_nothing() {
    let hasher = KeyHasher::new(&[1; 32]);
    let store = Database::in_memory(&hasher).await.unwrap();
    let desk = KeyDesk::open(Box::new(store.clone()), hasher, "bw_").await.unwrap();
    let strict = KeyChange { is_strict: Some(true), ..KeyChange::default() };
    for id in ["key_unknown", "org_default", ""] {
        let error = desk.change(id, strict.clone(), &operator(), NOW).await.unwrap_err();
        assert!(matches!(error, KeyError::Unknown(ref asked) if asked == id), "{error}");
    }
    let gone = desk.create(named("gone"), &operator(), NOW).await.unwrap();
    desk.revoke(gone.key.id.as_str(), &operator(), NOW).await.unwrap();
    let error = desk.change(gone.key.id.as_str(), strict.clone(), &operator(), NOW).await.unwrap_err();
    assert!(matches!(error, KeyError::AlreadyRevoked { at: NOW, .. }), "{error}");
    let kept = desk.create(named("kept"), &operator(), NOW).await.unwrap();
    store.close().await;
    let error = desk.change(kept.key.id.as_str(), strict, &operator(), NOW).await.unwrap_err();
    assert!(matches!(error, KeyError::Store(_)), "{error}");
    assert!(
        !desk.directory().find_by_id(&kept.key.id).unwrap().is_strict(),
        "what is not stored is not done"
    );
}

#[tokio::test]
async fn a_restart_keeps_every_key_and_its_state() {
    let dir = tempfile::tempdir().unwrap();
    let place = DatabasePlace::File(dir.path().join(DATABASE_FILE));
    let hasher = KeyHasher::new(&[1; 32]);
    let open = async || {
        let store = Database::open(&place, &hasher).await.unwrap();
        let desk = KeyDesk::open(Box::new(store.clone()), hasher.clone(), "hs_").await.unwrap();
        (store, desk)
    };
    let (store, desk) = open().await;
    let kept = desk.create(named("kept"), &operator(), NOW).await.unwrap();
    let gone = desk.create(named("gone"), &operator(), NOW).await.unwrap();
    desk.change(
        kept.key.id.as_str(),
        KeyChange { is_strict: Some(true), ..KeyChange::default() },
        &operator(),
        NOW,
    )
    .await
    .unwrap();
    desk.revoke(gone.key.id.as_str(), &operator(), NOW).await.unwrap();
    store.close().await;
    let (_store, desk) = open().await;
    assert!(kept.secret.expose().starts_with("hs_"));
    assert_eq!(state(&desk, &kept.secret, NOW), Some(KeyState::Active));
    assert_eq!(state(&desk, &gone.secret, NOW), Some(KeyState::Revoked));
    let is_strict = |key: &CallerKey| desk.directory().find_by_id(&key.id).unwrap().is_strict();
    assert_eq!([is_strict(&kept.key), is_strict(&gone.key)], [true, false]);
    assert_eq!(desk.directory().len(), 2);
}

#[tokio::test]
async fn a_key_is_refused_even_if_the_database_fails() {
    let hasher = KeyHasher::new(&[1; 32]);
    let store = Database::in_memory(&hasher).await.unwrap();
    let desk = KeyDesk::open(Box::new(store.clone()), hasher, "bw_").await.unwrap();
    let issued = desk.create(named("leaked"), &operator(), NOW).await.unwrap();
    store.close().await;
    let error = desk.revoke(issued.key.id.as_str(), &operator(), NOW).await.unwrap_err();
    assert!(matches!(error, KeyError::HalfRevoked { .. }), "{error}");
    assert_eq!(state(&desk, &issued.secret, NOW), Some(KeyState::Revoked));
}

#[test]
fn a_hint_tells_keys_apart_and_no_more() {
    assert_eq!(hint("bw_0123456789012345678901234567890123456789"), "bw_01…6789");
    assert_eq!(hint("sixteen-letters!"), "si…s!");
}
