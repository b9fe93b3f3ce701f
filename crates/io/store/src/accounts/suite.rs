//! What every database must do alike for accounts: they are made once, money is given and taken once, and a ledger that is
//! opened again knows what everybody has and may owe.

use domain::{Currency, Money, OrganisationId, ProjectId, Timestamp};
use tempfile::TempDir;

use super::account::{AccountChange, NewAccount, WARN_BELOW_DEFAULT};
use super::correction::Correction;
use super::desk::AccountDesk;
use super::error::AccountError;
use crate::audit::AuditRecords;
use crate::database::Database;
use crate::ledger::{JournalSizes, LedgerOptions, PostError};
use crate::tenancy::{Deed, Reach};
use crate::who::Who;

pub(crate) const NOW: Timestamp = Timestamp(1_795_219_200_000);
const SIZES: JournalSizes =
    JournalSizes { segment_bytes: 256 << 10, journal_bytes_max: 1 << 30, buffer_bytes_max: 1 << 20 };

pub(crate) fn deed() -> Deed {
    let who = Who { actor: "admin key", by: None, request_id: None };
    Deed { who, user: None, at: NOW, reason: "a test".to_owned() }
}

pub(crate) fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

pub(crate) async fn open(home: &TempDir, database: &Database) -> AccountDesk {
    let options = LedgerOptions { slots_max: 64, sizes: SIZES, ..LedgerOptions::of(home.path()) };
    AccountDesk::open(database.clone(), options, NOW, |_, _, _| {}).await.unwrap()
}

pub(crate) fn new(credit: &str) -> NewAccount {
    NewAccount {
        organisation: OrganisationId::implicit(),
        project: None,
        currency: Currency::USD,
        credit: money(credit),
        warn_below: WARN_BELOW_DEFAULT,
    }
}

fn correction(id: Option<&str>, amount: &str, is_credit: bool) -> Correction {
    Correction { id: id.map(str::to_owned), amount: money(amount), is_credit, may_overdraw: false }
}

async fn actions(database: &Database) -> Vec<String> {
    database.audit(None, 100).await.unwrap().into_iter().map(|entry| entry.action).collect()
}

pub(super) async fn an_account_is_made_once(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let desk = open(&home, database).await;
    assert!(desk.ledger().is_none() && desk.accounts(&Reach::All).is_empty(), "nobody is billed yet");
    for credit in ["-1", "1000000000.000000001"] {
        let refused = desk.create(new(credit), &deed()).await;
        assert!(matches!(refused, Err(AccountError::BadCredit(_))), "{refused:?}");
    }
    let below = NewAccount { warn_below: money("-1"), ..new("0") };
    assert!(matches!(desk.create(below, &deed()).await, Err(AccountError::BadWarning(_))));
    assert!(desk.ledger().is_none(), "what is refused opens no ledger");
    let made = desk.create(new("5"), &deed()).await.unwrap();
    assert_eq!((made.account.number.0, made.balance(), made.cell.available()), (1, Money::ZERO, money("5")));
    let again = desk.create(new("0"), &deed()).await;
    assert!(matches!(again, Err(AccountError::Taken { number: 1, .. })), "{again:?}");
    assert_eq!(desk.accounts(&Reach::All).len(), 1);
    assert_eq!(actions(database).await, ["account.create"]);
}

pub(super) async fn money_is_given_and_taken_once(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let desk = open(&home, database).await;
    let payer = desk.create(new("0"), &deed()).await.unwrap();
    desk.correct(1, correction(Some("a"), "20", true), &deed()).await.unwrap();
    let repeated = desk.correct(1, correction(Some("a"), "20", true), &deed()).await;
    assert!(matches!(repeated, Err(AccountError::Post(PostError::Repeated(_)))), "{repeated:?}");
    desk.correct(1, correction(None, "7.5", false), &deed()).await.unwrap();
    let beyond = desk.correct(1, correction(None, "12.500000001", false), &deed()).await;
    assert!(matches!(beyond, Err(AccountError::Post(PostError::NotCovered { .. }))), "{beyond:?}");
    for amount in ["0", "-1", "1000000001"] {
        for is_credit in [true, false] {
            let refused = desk.correct(1, correction(None, amount, is_credit), &deed()).await;
            assert!(matches!(refused, Err(AccountError::BadEntry(_))), "{amount}: {refused:?}");
        }
    }
    let silent = Deed { reason: String::new(), ..deed() };
    let refused = desk.correct(1, correction(None, "1", true), &silent).await;
    assert!(matches!(refused, Err(AccountError::NoReason)), "{refused:?}");
    let unknown = desk.correct(2, correction(None, "1", true), &deed()).await;
    assert!(matches!(unknown, Err(AccountError::Unknown(_))), "{unknown:?}");
    assert_eq!(payer.balance(), money("12.5"));
    let owing = Correction { may_overdraw: true, ..correction(None, "20", false) };
    desk.correct(1, owing, &deed()).await.unwrap();
    assert_eq!(payer.balance(), money("-7.5"));
    let expected = ["account.debit", "account.debit", "account.credit", "account.create"];
    assert_eq!(actions(database).await, expected, "what is refused is not in the audit");
}

pub(super) async fn too_much_altogether_is_refused(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let desk = open(&home, database).await;
    let payer = desk.create(new("0"), &deed()).await.unwrap();
    for _ in 0..4 {
        desk.correct(1, correction(None, "1000000000", true), &deed()).await.unwrap();
    }
    let refused = desk.correct(1, correction(None, "0.000000001", true), &deed()).await;
    assert!(matches!(refused, Err(AccountError::Post(PostError::TooMuch))), "{refused:?}");
    assert_eq!(payer.balance(), money("4000000000"));
}

pub(super) async fn terms_are_changed_and_known_after_opening_again(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let desk = open(&home, database).await;
    desk.create(new("3"), &deed()).await.unwrap();
    desk.correct(1, correction(None, "20.000000001", true), &deed()).await.unwrap();
    let wish = AccountChange { credit: Some(money("50")), warn_below: None };
    let changed = desk.change(1, wish, &deed()).await.unwrap();
    assert_eq!(changed.cell.available(), money("70.000000001"));
    let wish = AccountChange { credit: None, warn_below: Some(money("25")) };
    assert!(desk.change(1, wish, &deed()).await.unwrap().is_low());
    let less = AccountChange { credit: Some(money("1")), warn_below: None };
    desk.change(1, less, &deed()).await.unwrap();
    desk.change(1, AccountChange::default(), &deed()).await.unwrap();
    for wish in [
        AccountChange { credit: Some(money("-1")), warn_below: Some(money("1")) },
        AccountChange { credit: Some(money("1")), warn_below: Some(money("-1")) },
    ] {
        assert!(desk.change(1, wish, &deed()).await.is_err());
    }
    assert!(matches!(desk.change(2, less, &deed()).await, Err(AccountError::Unknown(_))));
    let expected = ["account.change", "account.change", "account.change", "account.credit", "account.create"];
    assert_eq!(actions(database).await, expected);
    drop((changed, desk));
    let desk = open(&home, database).await;
    let payer = desk.payer(1).unwrap();
    assert_eq!((payer.balance(), payer.cell.credit()), (money("20.000000001"), money("1")));
    assert_eq!(payer.account.warn_below, money("25"));
}

/// A row that nobody can read tells whether it is read.
pub(super) async fn making_and_changing_one_reads_no_other(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let desk = open(&home, database).await;
    desk.create(new("0"), &deed()).await.unwrap();
    let unreadable = "UPDATE accounts SET currency = '?' WHERE number = 1";
    sqlx::query(unreadable).execute(&database.pool).await.unwrap();
    let of_project = NewAccount { project: Some(ProjectId::implicit()), ..new("0") };
    assert_eq!(desk.create(of_project.clone(), &deed()).await.unwrap().account.number.0, 2);
    let again = desk.create(of_project, &deed()).await;
    assert!(matches!(again, Err(AccountError::Taken { number: 2, .. })), "{again:?}");
    let change = AccountChange { warn_below: Some(money("3")), ..AccountChange::default() };
    assert_eq!(desk.change(2, change, &deed()).await.unwrap().account.warn_below, money("3"));
    let known: Vec<_> = desk.accounts(&Reach::All).iter().map(|it| it.account.warn_below).collect();
    assert_eq!(known, [WARN_BELOW_DEFAULT, money("3")]);
    let payer = desk.payer_of(&OrganisationId::implicit(), Some(&ProjectId::implicit())).unwrap();
    assert_eq!((payer.account.number.0, payer.account.warn_below), (2, money("3")));
}

mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(
        suite:
        an_account_is_made_once
        money_is_given_and_taken_once
        too_much_altogether_is_refused
        terms_are_changed_and_known_after_opening_again
        making_and_changing_one_reads_no_other
    );
}
