//! The suite on every database, and what lasts beyond a process.

use crate::database::throwaway::on_every_database;
use crate::database::{DATABASE_FILE, Database, DatabasePlace};
use crate::keys::digest::KeyHasher;
use crate::keys::suite;

on_every_database!(suite:
    a_key_is_kept_as_given
    the_same_key_is_stored_once
    a_name_is_free_again_after_revoking
    revoking_happens_once
    a_change_lasts_and_concerns_one_key
    each_thing_is_changed_by_itself
    a_name_is_changed_to_a_free_one
    pages_follow_creation
    lists_are_narrowed
    a_key_needs_its_project
    all_characters_survive
    a_successor_has_the_name_and_all_else
    a_key_has_one_successor
    uses_are_kept_and_never_go_back
    a_start_reads_every_key
    many_keys_are_stored_or_none
    what_is_out_of_reach_is_unknown
    every_change_is_told_to_the_audit
    a_damaged_row_is_named_not_skipped
);

#[tokio::test]
async fn keys_last_beyond_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let place = DatabasePlace::File(dir.path().join(DATABASE_FILE));
    let hasher = KeyHasher::new(&[1; 32]);
    let store = Database::open(&place, &hasher).await.unwrap();
    let kept = suite::fill(&store, 3).await;
    // As a crash would: nothing is closed or flushed.
    std::mem::forget(store);
    let store = Database::open(&place, &hasher).await.unwrap();
    assert_eq!(suite::all(&store).await, kept);
}
