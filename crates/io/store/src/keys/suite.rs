//! What every database must do alike.

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};

use super::contract::{CallerKey, Changing, Creation, KeyChange, KeyRecords, Revocation};
use super::digest::{DigestOf, KeyDigest};
use super::models::KeyModels;
use super::scopes::KeyScopes;
use crate::database::Database;

/// A key of the implicit project; `number` decides everything that must differ between keys.
pub(super) fn example(number: u8) -> CallerKey {
    CallerKey {
        id: KeyId::new(Timestamp(1_795_219_200_000 + i64::from(number)), number.into()),
        name: format!("key {number}"),
        hint: "bw_…1234".to_owned(),
        digest: KeyDigest([number; 32]),
        digest_of: DigestOf::Key,
        created_at: Timestamp(1_795_219_200_000 + i64::from(number)),
        expires_at: None,
        revoked_at: None,
        is_strict: false,
        scopes: KeyScopes::ANY,
        organisation: OrganisationId::implicit(),
        project: ProjectId::implicit(),
    }
}

pub(super) async fn fill(store: &dyn KeyRecords, count: u8) -> Vec<CallerKey> {
    let keys: Vec<_> = (0..count).map(example).collect();
    for key in &keys {
        assert_eq!(store.create(key).await.unwrap(), Creation::Stored);
    }
    keys
}

pub(super) async fn all(store: &dyn KeyRecords) -> Vec<CallerKey> {
    store.list(None, 1000).await.unwrap()
}

pub(super) async fn a_key_is_kept_as_given(store: &dyn KeyRecords) {
    assert_eq!(all(store).await, []);
    let plain = example(1);
    let expiring = CallerKey { expires_at: Some(Timestamp(1_800_000_000_000)), ..example(2) };
    let strict = CallerKey { is_strict: true, ..example(3) };
    let models = KeyModels::only(["smart".to_owned(), "é/*".to_owned()]).unwrap();
    let narrow = CallerKey { scopes: KeyScopes { models, ..KeyScopes::ANY }, ..example(4) };
    for key in [&plain, &expiring, &strict, &narrow] {
        assert_eq!(store.create(key).await.unwrap(), Creation::Stored);
    }
    assert_eq!(all(store).await, [plain, expiring, strict, narrow]);
}

pub(super) async fn the_same_key_is_stored_once(store: &dyn KeyRecords) {
    let first = example(1);
    assert_eq!(store.create(&first).await.unwrap(), Creation::Stored);
    let again = CallerKey { digest: first.digest, ..example(2) };
    assert_eq!(store.create(&again).await.unwrap(), Creation::SameKey(Box::new(first.clone())));
    store.revoke(&first.id, Timestamp(1_800_000_000_000)).await.unwrap();
    let Creation::SameKey(found) = store.create(&again).await.unwrap() else {
        panic!("a revoked key never comes back");
    };
    assert_eq!(found.revoked_at, Some(Timestamp(1_800_000_000_000)));
    assert_eq!(all(store).await.len(), 1);
}

pub(super) async fn a_name_is_free_again_after_revoking(store: &dyn KeyRecords) {
    let first = example(1);
    assert_eq!(store.create(&first).await.unwrap(), Creation::Stored);
    let second = CallerKey { name: first.name.clone(), ..example(2) };
    assert_eq!(store.create(&second).await.unwrap(), Creation::NameTaken(first.id.clone()));
    store.revoke(&first.id, Timestamp(1_800_000_000_000)).await.unwrap();
    assert_eq!(store.create(&second).await.unwrap(), Creation::Stored);
    assert_eq!(all(store).await.len(), 2);
}

pub(super) async fn revoking_happens_once(store: &dyn KeyRecords) {
    let keys = fill(store, 2).await;
    let now = Timestamp(1_800_000_000_000);
    let revoked = CallerKey { revoked_at: Some(now), ..keys[0].clone() };
    let answer = store.revoke(&keys[0].id, now).await.unwrap();
    assert_eq!(answer, Revocation::Revoked(Box::new(revoked.clone())));
    let answer = store.revoke(&keys[0].id, Timestamp(1_900_000_000_000)).await.unwrap();
    assert_eq!(answer, Revocation::Before(Box::new(revoked.clone())), "the first time stands");
    assert_eq!(store.revoke(&example(9).id, now).await.unwrap(), Revocation::Unknown);
    assert_eq!(all(store).await, [revoked, keys[1].clone()]);
}

pub(super) async fn a_change_lasts_and_concerns_one_key(store: &dyn KeyRecords) {
    let keys = fill(store, 2).await;
    let strict = CallerKey { is_strict: true, ..keys[0].clone() };
    let to = |is_strict| KeyChange { is_strict, models: None };
    for (wish, after) in
        [(Some(true), &strict), (Some(true), &strict), (None, &strict), (Some(false), &keys[0])]
    {
        let answer = store.change(&keys[0].id, to(wish)).await.unwrap();
        assert_eq!(answer, Changing::Changed(Box::new(after.clone())), "{wish:?}");
        assert_eq!(all(store).await, [after.clone(), keys[1].clone()], "{wish:?}");
    }
    assert_eq!(store.change(&example(9).id, to(Some(true))).await.unwrap(), Changing::Unknown);
    let now = Timestamp(1_800_000_000_000);
    store.revoke(&keys[1].id, now).await.unwrap();
    let revoked = CallerKey { revoked_at: Some(now), ..keys[1].clone() };
    let answer = store.change(&keys[1].id, to(Some(true))).await.unwrap();
    assert_eq!(answer, Changing::Revoked(Box::new(revoked.clone())));
    assert_eq!(all(store).await, [keys[0].clone(), revoked]);
}

pub(super) async fn models_are_changed_by_themselves(store: &dyn KeyRecords) {
    let key = CallerKey { is_strict: true, ..example(1) };
    store.create(&key).await.unwrap();
    for models in [KeyModels::only(["smart".to_owned()]).unwrap(), KeyModels::ANY] {
        let change = KeyChange { models: Some(models.clone()), is_strict: None };
        let after = CallerKey { scopes: KeyScopes { models, ..KeyScopes::ANY }, ..key.clone() };
        assert_eq!(store.change(&key.id, change).await.unwrap(), Changing::Changed(Box::new(after.clone())));
        assert_eq!(all(store).await, [after]);
    }
}

pub(super) async fn pages_follow_creation(store: &dyn KeyRecords) {
    let keys: Vec<_> = (0..7).map(example).collect();
    for number in [3, 0, 6, 1, 5, 2, 4] {
        store.create(&keys[number]).await.unwrap();
    }
    assert_eq!(store.list(None, 3).await.unwrap(), keys[..3]);
    assert_eq!(store.list(Some(&keys[2].id), 3).await.unwrap(), keys[3..6]);
    assert_eq!(store.list(Some(&keys[5].id), 3).await.unwrap(), keys[6..]);
    assert_eq!(store.list(Some(&keys[6].id), 3).await.unwrap(), []);
    assert_eq!(store.list(None, 0).await.unwrap(), []);
    assert_eq!(store.list(None, u32::MAX).await.unwrap().len(), 7);
}

pub(super) async fn a_key_needs_its_project(store: &dyn KeyRecords) {
    let foreign = CallerKey { project: ProjectId::parse("proj_nowhere").unwrap(), ..example(1) };
    assert!(store.create(&foreign).await.is_err());
    assert_eq!(all(store).await, []);
    assert_eq!(store.create(&example(1)).await.unwrap(), Creation::Stored, "a refusal leaves nothing behind");
}

pub(super) async fn all_characters_survive(store: &dyn KeyRecords) {
    let key =
        CallerKey { name: "Đội'; DROP TABLE caller_keys; --\" 日本 🔑".to_owned(), ..example(1) };
    assert_eq!(store.create(&key).await.unwrap(), Creation::Stored);
    assert_eq!(all(store).await, [key]);
}

pub(super) async fn a_damaged_row_is_named_not_skipped(store: &Database) {
    fill(store, 1).await;
    sqlx::query("UPDATE caller_keys SET id = 'nonsense'").execute(&store.pool).await.unwrap();
    let error = store.list(None, 10).await.unwrap_err().to_string();
    assert!(error.contains("nonsense"), "{error}");
}
