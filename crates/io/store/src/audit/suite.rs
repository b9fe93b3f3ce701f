//! What every database must do alike for the audit.

use super::contract::AuditRecords;
use crate::switches::suite::change;
use crate::switches::{SwitchPosition, SwitchRecords};

pub(super) async fn pages_go_back_to_the_first(audit: &dyn AuditRecords, switches: &dyn SwitchRecords) {
    assert_eq!(audit.audit(None, 10).await.unwrap(), []);
    for seed in 0..5 {
        switches.change(&change(seed, Some(SwitchPosition::Off))).await.unwrap();
    }
    let numbers = |page: &[super::AuditEntry]| page.iter().map(|entry| entry.number).collect::<Vec<_>>();
    let first = audit.audit(None, 3).await.unwrap();
    assert_eq!(numbers(&first), [5, 4, 3]);
    let told = change(4, None).audit;
    let entry = &first[0];
    assert_eq!((entry.at, entry.actor.as_str(), &entry.by), (told.at, told.actor, &told.by));
    assert_eq!((entry.action.as_str(), &entry.subject), (told.action, &told.subject));
    assert_eq!((&entry.before, &entry.after), (&told.before, &told.after));
    assert_eq!((&entry.reason, &entry.request_id), (&told.reason, &told.request_id));
    assert_eq!(numbers(&audit.audit(Some(3), 3).await.unwrap()), [2, 1]);
}
