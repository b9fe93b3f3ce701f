//! The suite on every database, and what needs one only.

use super::suite;
use crate::database::throwaway::on_every_database;

on_every_database!(suite:
    what_was_there_before_stays
    organisations_are_made_changed_and_suspended
    a_name_is_taken_once
    what_is_out_of_reach_does_not_exist
    a_project_with_keys_is_archived_only_with_them
    users_have_one_address_however_written
    members_come_change_and_go
    nobody_goes_beyond_his_role
    an_organisation_keeps_an_owner
    tokens_open_until_they_are_revoked
    tokens_are_between_a_user_and_who_governs_him
    everything_is_read_again_by_the_next_start
    every_change_is_in_the_audit
    a_refused_wish_changes_nothing
);
