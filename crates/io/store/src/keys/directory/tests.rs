//! Keys found, changed and added while others read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::Timestamp;

use super::Loading;
use crate::keys::contract::{CallerKey, KeyState};
use crate::keys::digest::{DigestOf, KeyDigest, KeyHasher};
use crate::keys::entry::KeyEntry;
use crate::keys::models::KeyModels;
use crate::keys::scopes::KeyScopes;
use crate::keys::suite::example;
use crate::tenancy::Reach;

const NOW: Timestamp = Timestamp(1_795_219_300_000);

#[test]
fn keys_are_found_by_digest_and_know_their_state() {
    let expired = CallerKey { expires_at: Some(NOW), ..example(2) };
    let revoked = CallerKey { revoked_at: Some(NOW), ..example(3) };
    let directory = Loading::new().finish();
    directory.insert_all(&[example(1), expired, revoked]);
    let state = |number| directory.find(&KeyDigest([number; 32])).map(|entry| entry.state(NOW));
    assert_eq!(
        [1, 2, 3, 4].map(state),
        [Some(KeyState::Active), Some(KeyState::Expired), Some(KeyState::Revoked), None]
    );
    assert_eq!(directory.len(), 3);
}

#[test]
fn revoking_reaches_entries_already_held() {
    let directory = Loading::new().finish();
    directory.insert(&example(1));
    let held = directory.find(&KeyDigest([1; 32])).unwrap();
    directory.revoke(&example(1).id, &Reach::All);
    assert_eq!(held.state(NOW), KeyState::Revoked);
}

#[test]
fn a_change_reaches_entries_already_held() {
    let directory = Loading::new().finish();
    directory.insert(&CallerKey { is_strict: true, ..example(1) });
    let held = directory.find(&KeyDigest([1; 32])).unwrap();
    assert!(held.is_strict());
    directory.change(&example(1));
    assert!(!held.is_strict());
}

#[test]
fn adding_a_known_key_keeps_its_counters() {
    let directory = Loading::new().finish();
    directory.insert(&example(1));
    let held = directory.find(&KeyDigest([1; 32])).unwrap();
    held.counters().requests.fetch_add(5, Ordering::Relaxed);
    directory.insert(&example(1));
    assert!(Arc::ptr_eq(&held, &directory.find_by_id(&example(1).id).unwrap()));
    assert_eq!(directory.len(), 1);
}

#[test]
fn readers_never_miss_a_key_while_others_are_added() {
    let hasher = KeyHasher::new(&[1; 32]);
    let directory = Loading::new().finish();
    directory.insert(&example(1));
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                assert!(directory.find(&KeyDigest([1; 32])).is_some());
            }
        });
        for number in 0..2000_u128 {
            let id = domain::KeyId::new(NOW, number);
            let digest = hasher.digest(id.as_str());
            directory.insert(&CallerKey { id, digest, ..example(2) });
            assert!(directory.find(&digest).is_some());
        }
        is_done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    assert_eq!(directory.len(), 2001);
}

#[test]
fn a_key_known_by_its_sha256_is_found_by_what_callers_send() {
    let hasher = KeyHasher::new(&[1; 32]);
    let directory = Loading::new().finish();
    let plain = CallerKey { digest: hasher.digest("sk-known-here-as-itself"), ..example(1) };
    directory.insert(&plain);
    assert!(directory.look_up("sk-known-here-as-itself", &hasher).is_some());
    assert!(directory.look_up("sk-from-another-gateway", &hasher).is_none());
    let digest = hasher.digest_of_sha256(&KeyHasher::sha256("sk-from-another-gateway"));
    directory.insert(&CallerKey { digest, digest_of: DigestOf::Sha256, ..example(2) });
    let found = directory.look_up("sk-from-another-gateway", &hasher).unwrap();
    assert_eq!(found.id, example(2).id);
    assert!(directory.look_up("sk-known-here-as-itself", &hasher).is_some());
    assert!(directory.look_up("sk-from-nowhere", &hasher).is_none());
}

#[test]
fn uses_are_noted_to_the_minute_and_told_once() {
    let directory = Loading::new().finish();
    directory.insert_all(&[example(1), example(2)]);
    let entry = |number| directory.find(&KeyDigest([number; 32])).unwrap();
    assert_eq!(entry(1).used_at(), None);
    assert!(directory.unkept_uses(10).is_empty());
    directory.note_use(&entry(1), NOW);
    directory.note_use(&entry(1), Timestamp(NOW.0 + 1));
    let minute = Timestamp(NOW.0 / 60_000 * 60_000);
    assert_eq!(entry(1).used_at(), Some(minute));
    let uses = directory.unkept_uses(10);
    assert_eq!(
        uses.iter().map(|(entry, at)| (&entry.id, *at)).collect::<Vec<_>>(),
        [(&example(1).id, minute)]
    );
    assert!(directory.unkept_uses(10).is_empty());
    directory.uses_remain(&uses);
    assert_eq!(directory.unkept_uses(10).len(), 1, "what could not be written down is told again");
    entry(1).keep_use(minute);
    directory.uses_remain(&uses);
    assert!(directory.unkept_uses(10).is_empty());
    directory.note_use(&entry(1), Timestamp(NOW.0 - 120_000));
    assert_eq!(entry(1).used_at(), Some(minute), "a clock that goes back undoes nothing");
}

#[test]
fn what_a_key_is_narrowed_to_is_looked_at_only_if_there_is_something() {
    let directory = Loading::new().finish();
    let models = KeyModels::only(["smart".to_owned()]).unwrap();
    let narrow = CallerKey { scopes: KeyScopes { models, ..KeyScopes::ANY }, ..example(1) };
    directory.insert_all(&[
        narrow.clone(),
        CallerKey { id: example(2).id, digest: example(2).digest, ..narrow.clone() },
    ]);
    let entry = |number| directory.find(&KeyDigest([number; 32])).unwrap();
    assert!(Arc::ptr_eq(&entry(1).scopes().unwrap(), &entry(2).scopes().unwrap()), "they are there once");
    directory.change(&example(1));
    assert!(entry(1).scopes().is_none() && entry(1).allows("anything"));
    assert!(!entry(2).allows("anything"));
    directory.change(&narrow);
    assert!(!entry(1).allows("anything"));
    assert_eq!((entry(1).project(), entry(1).organisation()), (&narrow.project, &narrow.organisation));
}

#[test]
fn no_change_opens_a_key_that_was_revoked() {
    let directory = Loading::new().finish();
    directory.insert(&example(1));
    directory.revoke(&example(1).id, &Reach::All);
    directory.change(&example(1));
    assert_eq!(directory.find(&KeyDigest([1; 32])).unwrap().state(NOW), KeyState::Revoked);
}

/// A million of them: what a key takes is worth a look. With its id, and its places in two tables, it stays below 200 bytes.
#[test]
fn an_entry_is_small() {
    assert!(size_of::<KeyEntry>() <= 120, "{}", size_of::<KeyEntry>());
}
