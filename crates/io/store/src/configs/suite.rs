//! What every database must do alike for versions of the configuration.

use domain::Timestamp;

use super::contract::{CONFIG_VERSIONS_MAX, ConfigRecords, NewConfigVersion};
use crate::keys::KeyDigest;

fn version(seed: u8) -> NewConfigVersion {
    NewConfigVersion {
        taken_at: Timestamp(1_795_219_200_000 + i64::from(seed)),
        reason: format!("reason {seed}"),
        file: "bellwether.yaml".to_owned(),
        was_in_force: true,
        digest: KeyDigest([seed; 32]),
        sealed: vec![seed, 0, 255],
    }
}

pub(super) async fn a_version_is_kept_as_given(store: &dyn ConfigRecords) {
    assert_eq!(store.list().await.unwrap(), []);
    let first = store.keep(&version(1)).await.unwrap();
    let second = store.keep(&version(2)).await.unwrap();
    assert_eq!((first, second), (1, 2));
    let listed = store.list().await.unwrap();
    let rows: Vec<_> = listed.iter().map(|kept| (kept.number, kept.reason.as_str())).collect();
    assert_eq!(rows, [(2, "reason 2"), (1, "reason 1")]);
    assert_eq!(listed[1].taken_at, version(1).taken_at);
    assert_eq!(listed[1].file, "bellwether.yaml");
    assert_eq!(store.sealed(1).await.unwrap(), Some(vec![1, 0, 255]));
    assert_eq!(store.sealed(3).await.unwrap(), None);
}

pub(super) async fn the_newest_is_not_kept_twice(store: &dyn ConfigRecords) {
    for (seed, was_in_force, number) in
        [(1, true, 1), (1, true, 1), (2, true, 2), (1, false, 3), (1, true, 4), (1, true, 4)]
    {
        let version = NewConfigVersion { was_in_force, ..version(seed) };
        assert_eq!(store.keep(&version).await.unwrap(), number);
    }
    assert!(!store.list().await.unwrap()[1].was_in_force);
}

pub(super) async fn the_oldest_are_dropped(store: &dyn ConfigRecords) {
    for seed in 0..=CONFIG_VERSIONS_MAX {
        store.keep(&version(u8::try_from(seed).unwrap())).await.unwrap();
    }
    let listed = store.list().await.unwrap();
    assert_eq!(listed.len(), CONFIG_VERSIONS_MAX as usize);
    assert_eq!(listed.last().unwrap().number, 2);
    assert_eq!(store.sealed(1).await.unwrap(), None);
}
