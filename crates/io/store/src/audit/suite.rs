//! What every database must do alike for the audit.

use super::contract::AuditRecords;
use crate::database::Database;
use crate::switches::SwitchRecords;
use crate::switches::suite::entry;

pub(super) async fn pages_go_back_to_the_first(database: &Database) {
    let (audit, switches): (&dyn AuditRecords, &dyn SwitchRecords) = (database, database);
    assert_eq!(audit.audit(None, 10).await.unwrap(), []);
    for seed in 0..5 {
        switches.replace(&[], &entry(seed)).await.unwrap();
    }
    let numbers = |page: &[super::AuditEntry]| page.iter().map(|entry| entry.number).collect::<Vec<_>>();
    let first = audit.audit(None, 3).await.unwrap();
    assert_eq!(numbers(&first), [5, 4, 3]);
    let told = entry(4);
    let kept = &first[0];
    assert_eq!((kept.at, kept.actor.as_str(), &kept.by), (told.at, told.actor, &told.by));
    assert_eq!((kept.action.as_str(), &kept.subject), (told.action, &told.subject));
    assert_eq!((&kept.before, &kept.after), (&told.before, &told.after));
    assert_eq!((&kept.reason, &kept.request_id), (&told.reason, &told.request_id));
    assert_eq!(numbers(&audit.audit(Some(3), 3).await.unwrap()), [2, 1]);
}

pub(super) async fn nobody_changes_or_shortens_it(database: &Database) {
    pages_go_back_to_the_first(database).await;
    for statement in ["UPDATE audit SET reason = 'another'", "DELETE FROM audit"] {
        let refused = sqlx::query(statement).execute(&database.pool).await.unwrap_err();
        assert!(refused.to_string().contains("only added to"), "{refused}");
    }
}
