//! What every database must do alike for the audit.

use domain::OrganisationId;
use sqlx::AssertSqlSafe;

use super::contract::{AuditFilter, AuditRecords, NewAuditEntry};
use super::{AuditEntry, AuditFault, AuditVerdict, KnownRow};
use crate::database::{Database, Kind};
use crate::hex::hex;
use crate::switches::SwitchRecords;
use crate::switches::suite::entry;
use crate::tenancy::Reach;

fn numbers(page: &[AuditEntry]) -> Vec<i64> {
    page.iter().map(|entry| entry.number).collect()
}

pub(super) async fn pages_go_back_to_the_first(database: &Database) {
    let (audit, switches): (&dyn AuditRecords, &dyn SwitchRecords) = (database, database);
    assert_eq!(audit.audit(None, 10).await.unwrap(), []);
    for seed in 0..5 {
        switches.replace(&[], &entry(seed)).await.unwrap();
    }
    let first = audit.audit(None, 3).await.unwrap();
    assert_eq!(numbers(&first), [5, 4, 3]);
    let told = entry(4);
    let kept = &first[0];
    assert_eq!((kept.at, kept.actor.as_str(), &kept.by), (told.at, told.actor, &told.by));
    assert_eq!((kept.action.as_str(), &kept.subject), (told.action, &told.subject));
    assert_eq!((&kept.before, &kept.after), (&told.before, &told.after));
    assert_eq!((&kept.reason, &kept.request_id), (&told.reason, &told.request_id));
    assert_eq!((&kept.organisation, kept.hash.len()), (&None, 64));
    assert_eq!(numbers(&audit.audit(Some(3), 3).await.unwrap()), [2, 1]);
}

pub(super) async fn nobody_changes_or_shortens_it(database: &Database) {
    pages_go_back_to_the_first(database).await;
    for statement in ["UPDATE audit SET reason = 'another'", "DELETE FROM audit"] {
        let refused = sqlx::query(statement).execute(&database.pool).await.unwrap_err();
        assert!(refused.to_string().contains("only added to"), "{refused}");
    }
}

pub(super) async fn what_is_looked_for_is_found(database: &Database) {
    let [one, other] =
        ["org_default", "org_01kahg2xm0000000000000000a"].map(|id| OrganisationId::parse(id).unwrap());
    for (seed, action, organisation) in
        [(1, "key.create", Some(&one)), (2, "key.revoke", Some(&other)), (3, "provider.drain", None)]
    {
        let entry = NewAuditEntry { action, organisation: organisation.cloned(), ..entry(seed) };
        database.note(&entry).await.unwrap();
    }
    let check = async |filter: AuditFilter, expected: &[i64]| {
        let found = database.search(&Reach::All, &filter, None, 10).await.unwrap();
        assert_eq!(numbers(&found), expected, "{filter:?}");
    };
    let none = AuditFilter::default();
    let text = |text: &str| Some(text.to_owned());
    check(none.clone(), &[3, 2, 1]).await;
    check(AuditFilter { action: text("key.create"), ..none.clone() }, &[1]).await;
    check(AuditFilter { action: text("key.*"), ..none.clone() }, &[2, 1]).await;
    check(AuditFilter { action: text("key."), ..none.clone() }, &[]).await;
    check(AuditFilter { subject: text("provider 2"), ..none.clone() }, &[2]).await;
    check(AuditFilter { actor: text("operator 3"), ..none.clone() }, &[3]).await;
    check(AuditFilter { actor: text("admin key"), ..none.clone() }, &[3, 2, 1]).await;
    check(AuditFilter { organisation: Some(other), ..none.clone() }, &[2]).await;
    let [first, second] = [1, 2].map(|seed| Some(entry(seed).at));
    check(AuditFilter { from: second, ..none.clone() }, &[3, 2]).await;
    check(AuditFilter { to: second, ..none.clone() }, &[1]).await;
    check(AuditFilter { from: first, to: second, action: text("key.revoke"), ..none }, &[]).await;
}

pub(super) async fn nobody_is_told_what_is_out_of_his_reach(database: &Database) {
    let [one, other, third] =
        ["org_default", "org_01kahg2xm0000000000000000a", "org_01kahg2xm0000000000000000b"]
            .map(|id| OrganisationId::parse(id).unwrap());
    for (seed, organisation) in [(1, Some(&one)), (2, Some(&other)), (3, None), (4, Some(&one))] {
        let entry = NewAuditEntry { organisation: organisation.cloned(), ..entry(seed) };
        database.note(&entry).await.unwrap();
    }
    let check = async |reach: Reach, organisation: Option<&OrganisationId>, expected: &[i64]| {
        let filter = AuditFilter { organisation: organisation.cloned(), ..AuditFilter::default() };
        let found = database.search(&reach, &filter, None, 10).await.unwrap();
        assert_eq!(numbers(&found), expected, "{reach:?} {filter:?}");
    };
    check(Reach::All, None, &[4, 3, 2, 1]).await;
    check(Reach::within([one.clone()]), None, &[4, 1]).await;
    check(Reach::within([one.clone(), other.clone()]), None, &[4, 2, 1]).await;
    check(Reach::within([one]), Some(&other), &[]).await;
    check(Reach::within([third]), None, &[]).await;
    check(Reach::within([]), None, &[]).await;
}

pub(super) async fn secrets_stay_out(database: &Database) {
    const SECRET: &str = "sk-0123456789abcdefghij";
    let entry = NewAuditEntry {
        by: Some(SECRET.to_owned()),
        subject: format!("key {SECRET}"),
        before: format!(r#"{{"api_key":"{SECRET}"}}"#),
        after: format!(r#"{{"password":"short","note":"{SECRET}"}}"#),
        reason: format!("it was {SECRET}"),
        ..entry(1)
    };
    database.note(&entry).await.unwrap();
    let kept = database.audit(None, 1).await.unwrap().remove(0);
    let told = kept.json().to_string();
    assert!(!told.contains(SECRET) && !told.contains("short"), "{told}");
    assert_eq!((kept.reason.as_str(), kept.subject.as_str()), ("it was (masked)", "key (masked)"));
    assert_eq!(check(database).await, None, "what is hashed is what is kept");
}

/// The first fault, if any.
async fn check(database: &Database) -> Option<AuditFault> {
    database.verify(None).await.unwrap().fault
}

async fn filled(database: &Database, count: u8) {
    for seed in 1..=count {
        database.note(&entry(seed)).await.unwrap();
    }
}

pub(super) async fn an_untouched_chain_holds(database: &Database) {
    let nothing = AuditVerdict { rows: 0, newest: None, fault: None };
    assert_eq!(database.verify(None).await.unwrap(), nothing);
    filled(database, 5).await;
    // What is taken back leaves no gap.
    let mut transaction = database.begin().await.unwrap();
    super::write(&mut transaction, &entry(6)).await.unwrap();
    drop(transaction);
    assert_eq!(database.note(&entry(6)).await.unwrap(), 6);
    let verdict = database.verify(None).await.unwrap();
    let newest = database.audit(None, 1).await.unwrap().remove(0);
    assert_eq!((verdict.rows, verdict.fault), (6, None));
    assert_eq!(verdict.newest.unwrap().to_string(), format!("6:{}", newest.hash));
}

/// What somebody does who can write to the database and puts its own rule out of force.
async fn tamper(database: &Database, statements: &[&str]) {
    let (off, on) = match database.kind {
        Kind::Sqlite => {
            (vec!["DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_shortened"], vec![])
        }
        Kind::Postgres => {
            (vec!["ALTER TABLE audit DISABLE TRIGGER USER"], vec!["ALTER TABLE audit ENABLE TRIGGER USER"])
        }
    };
    for statement in off.into_iter().chain(statements.iter().copied()).chain(on) {
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&database.pool).await.expect(statement);
    }
    if database.kind == Kind::Sqlite {
        for what in ["changed BEFORE UPDATE", "shortened BEFORE DELETE"] {
            let rule =
                format!("CREATE TRIGGER audit_is_not_{what} ON audit BEGIN SELECT RAISE(ABORT, 'no'); END");
            sqlx::query(AssertSqlSafe(rule)).execute(&database.pool).await.unwrap();
        }
    }
}

pub(super) async fn every_way_of_tampering_is_found(database: &Database) {
    filled(database, 6).await;
    sqlx::query("CREATE TABLE aside AS SELECT * FROM audit").execute(&database.pool).await.unwrap();
    sqlx::query("CREATE TABLE head_aside AS SELECT * FROM audit_head").execute(&database.pool).await.unwrap();
    for column in [
        "actor",
        "by_whom",
        "action",
        "subject",
        "organisation",
        "before_state",
        "after_state",
        "reason",
        "request_id",
    ] {
        let statement = format!("UPDATE audit SET {column} = 'another' WHERE number = 3");
        found(database, &[&statement], AuditFault::Edited(3)).await;
    }
    found(database, &["UPDATE audit SET at_ms = at_ms + 1 WHERE number = 1"], AuditFault::Edited(1)).await;
    found(database, &["UPDATE audit SET by_whom = NULL WHERE number = 6"], AuditFault::Edited(6)).await;
    found(database, &["UPDATE audit SET hash = mark WHERE number = 4"], AuditFault::Edited(4)).await;
    found(database, &["UPDATE audit SET mark = hash WHERE number = 4"], AuditFault::Forged(4)).await;
    found(database, &["DELETE FROM audit WHERE number = 3"], AuditFault::Missing(3, 3)).await;
    found(database, &["DELETE FROM audit WHERE number < 3"], AuditFault::Missing(1, 2)).await;
    let closed_up = ["DELETE FROM audit WHERE number = 3", "UPDATE audit SET number = 3 WHERE number = 4"];
    found(database, &closed_up, AuditFault::Edited(3)).await;
    let exchanged = [
        "UPDATE audit SET number = 99 WHERE number = 3",
        "UPDATE audit SET number = 3 WHERE number = 5",
        "UPDATE audit SET number = 5 WHERE number = 99",
    ];
    found(database, &exchanged, AuditFault::Moved(3)).await;
    found(database, &["DELETE FROM audit WHERE number > 4"], AuditFault::CutOff(5)).await;
    found(database, &["DELETE FROM audit"], AuditFault::CutOff(1)).await;
    let shortened = [
        "DELETE FROM audit WHERE number > 4",
        "UPDATE audit_head SET number = 4, hash = (SELECT hash FROM audit WHERE number = 4)",
    ];
    found(database, &shortened, AuditFault::Head).await;
    found(database, &["DELETE FROM audit_head"], AuditFault::Head).await;
    found(database, &["UPDATE audit_head SET older_until = 6"], AuditFault::Head).await;
    rewritten(database).await;
}

/// A chain that somebody made who knows how, but not the master key.
async fn rewritten(database: &Database) {
    let hasher = crate::keys::KeyHasher::new(&[9; 32]);
    let foreign = Database::in_memory(&hasher).await.unwrap();
    filled(&foreign, 7).await;
    let rows = foreign.audit(None, 10).await.unwrap();
    let bytes = |hash: &str| match database.kind {
        Kind::Sqlite => format!("X'{hash}'"),
        Kind::Postgres => format!("'\\x{hash}'::BYTEA"),
    };
    let zeros = bytes(&hex(&[0; 32]));
    let statements: Vec<String> = rows
        .iter()
        .map(|row| {
            let hash = bytes(&row.hash);
            match row.number {
                // One more than there were, behind the end.
                7 => format!(
                    "INSERT INTO audit SELECT 7, {}, actor, '{}', action, '{}', NULL, before_state, '{}', '{}', '{}', {hash}, {zeros}
                     FROM audit WHERE number = 1",
                    row.at.unix_ms(), row.by.as_deref().unwrap(), row.subject, row.after, row.reason,
                    row.request_id.as_deref().unwrap(),
                ),
                number => format!("UPDATE audit SET hash = {hash}, mark = {zeros} WHERE number = {number}"),
            }
        })
        .collect();
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    found(database, &statements, AuditFault::Forged(1)).await;
    found(database, &statements[..1], AuditFault::Forged(7)).await;
}

/// Does it, sees what the check says, and puts everything back.
async fn found(database: &Database, statements: &[&str], expected: AuditFault) {
    tamper(database, statements).await;
    assert_eq!(check(database).await, Some(expected), "{statements:?}");
    let back = [
        "DELETE FROM audit",
        "INSERT INTO audit SELECT * FROM aside",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head SELECT * FROM head_aside",
    ];
    tamper(database, &back).await;
    assert_eq!(check(database).await, None);
}

pub(super) async fn a_made_up_end_is_not_gone_on_from(database: &Database) {
    filled(database, 3).await;
    let shortened = [
        "DELETE FROM audit WHERE number = 3",
        "UPDATE audit_head SET number = 2, hash = (SELECT hash FROM audit WHERE number = 2)",
    ];
    tamper(database, &shortened).await;
    let refused = database.note(&entry(4)).await.unwrap_err().to_string();
    assert!(refused.contains("tampered with") && refused.contains("audit verify"), "{refused}");
    assert_eq!(numbers(&database.audit(None, 10).await.unwrap()), [2, 1], "nothing was added");
}

pub(super) async fn what_was_written_down_is_compared(database: &Database) {
    filled(database, 3).await;
    let known = database.verify(None).await.unwrap().newest.unwrap();
    assert_eq!(KnownRow::parse(&known.to_string()), Some(known.clone()));
    for bad in ["", "3", "3:", "x:00", "0:0000", "-1:00"] {
        assert_eq!(KnownRow::parse(bad), None, "{bad}");
    }
    sqlx::query("CREATE TABLE aside AS SELECT * FROM audit").execute(&database.pool).await.unwrap();
    sqlx::query("CREATE TABLE head_aside AS SELECT * FROM audit_head").execute(&database.pool).await.unwrap();
    filled(database, 2).await;
    assert_eq!(database.verify(Some(&known)).await.unwrap().fault, None);
    let later = database.verify(None).await.unwrap().newest.unwrap();
    let other = KnownRow { number: 3, hash: later.hash };
    assert_eq!(database.verify(Some(&other)).await.unwrap().fault, Some(AuditFault::OtherThanKnown(3)));

    // The whole state of an earlier moment is put back: nothing in the database tells, what was written down does.
    let back = [
        "DELETE FROM audit",
        "INSERT INTO audit SELECT * FROM aside",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head SELECT * FROM head_aside",
    ];
    tamper(database, &back).await;
    assert_eq!(check(database).await, None);
    assert_eq!(database.verify(Some(&later)).await.unwrap().fault, Some(AuditFault::CutOff(4)));
}
