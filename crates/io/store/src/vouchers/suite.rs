//! What every database must do alike for vouchers: each gives once, whoever tries at once.

use std::sync::Arc;

use tokio::task::JoinSet;

use domain::{Currency, Timestamp};
use ledger::{AMOUNT_NANO_MAX, EntryKey};

use super::desk::VoucherDesk;
use super::error::VoucherError;
use super::voucher::{NewVouchers, VoucherState};
use crate::accounts::suite::{NOW, deed, money, new, open};
use crate::audit::AuditRecords;
use crate::database::Database;
use crate::database::throwaway::hasher;
use crate::tenancy::Deed;

/// Who redeem one code at once.
const AT_ONCE: usize = 32;

fn wish() -> NewVouchers {
    NewVouchers {
        count: 1,
        amount: money("10"),
        currency: Currency::USD,
        credit_days: Some(30),
        expires_at: None,
        note: "a fair".to_owned(),
    }
}

pub(super) async fn a_code_gives_once_whoever_tries_at_once(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let payer = accounts.create(new("0"), &deed()).await.unwrap();
    // Two desks, as if no lock were between them: the ledger alone sees to it that each gives once.
    let desks = [
        Arc::new(VoucherDesk::new(database.clone(), hasher(), Arc::clone(&accounts))),
        Arc::new(VoucherDesk::new(database.clone(), hasher(), Arc::clone(&accounts))),
    ];
    let issued = desks[0].create(wish(), &deed()).await.unwrap();
    let code = issued[0].code.expose().to_owned();
    let mut tries = JoinSet::new();
    for number in 0..AT_ONCE {
        let (desk, payer, code) = (Arc::clone(&desks[number % 2]), Arc::clone(&payer), code.clone());
        tries.spawn(async move { desk.redeem(&code, &payer, &deed()).await });
    }
    let mut redeemed = 0;
    while let Some(tried) = tries.join_next().await {
        match tried.unwrap() {
            Ok(_) => redeemed += 1,
            Err(error) => assert!(matches!(error, VoucherError::NotRedeemable), "{error}"),
        }
    }
    assert_eq!((redeemed, payer.balance()), (1, money("10")));
    let shown = desks[0].list(None, 10).await.unwrap();
    assert_eq!(shown[0].state(NOW), VoucherState::Redeemed);
    let noted = database.audit(None, 100).await.unwrap();
    assert_eq!(noted.iter().filter(|entry| entry.action == "voucher.redeem").count(), 1);
    assert!(noted.iter().all(|entry| !entry.after.contains(&code)), "a code is in the audit");
}

pub(super) async fn what_cannot_be_redeemed_says_one_thing(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let payer = accounts.create(new("0"), &deed()).await.unwrap();
    let desk = VoucherDesk::new(database.clone(), hasher(), Arc::clone(&accounts));
    let ends = Timestamp(NOW.unix_ms() + 1000);
    let short = desk.create(NewVouchers { expires_at: Some(ends), ..wish() }, &deed()).await.unwrap();
    let revoked = desk.create(wish(), &deed()).await.unwrap();
    let used = desk.create(wish(), &deed()).await.unwrap();
    desk.revoke("2", &deed()).await.unwrap();
    desk.redeem(used[0].code.expose(), &payer, &deed()).await.unwrap();
    let late = Deed { at: ends, ..deed() };
    for code in [
        short[0].code.expose(),
        revoked[0].code.expose(),
        used[0].code.expose(),
        "BWV-00000-00000-00000-00000",
        "nonsense",
        "",
    ] {
        let refused = desk.redeem(code, &payer, &late).await;
        assert!(matches!(refused, Err(VoucherError::NotRedeemable)), "{code}: {refused:?}");
    }
    assert_eq!(payer.balance(), money("10"));
    for number in ["2", "3"] {
        let refused = desk.revoke(number, &deed()).await;
        assert!(matches!(refused, Err(VoucherError::Over { .. })), "{refused:?}");
    }
    assert!(matches!(desk.revoke("9", &deed()).await, Err(VoucherError::Unknown(_))));
}

pub(super) async fn a_crash_between_entry_and_note_gives_nothing_twice(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let payer = accounts.create(new("0"), &deed()).await.unwrap();
    let desk = VoucherDesk::new(database.clone(), hasher(), Arc::clone(&accounts));
    let issued = desk.create(wish(), &deed()).await.unwrap();
    let entry =
        ledger::payments::voucher("1", payer.account.purse(), ledger::GrantNumber(9), money("10"), None)
            .unwrap();
    assert_eq!(entry.key, EntryKey::parse("voucher:1").unwrap());
    accounts.ledger().unwrap().post(database, entry, NOW).await.unwrap();
    let again = desk.redeem(issued[0].code.expose(), &payer, &deed()).await;
    assert!(matches!(again, Err(VoucherError::NotRedeemable)), "{again:?}");
    assert_eq!(payer.balance(), money("10"));
    assert_eq!(desk.list(None, 1).await.unwrap()[0].state(NOW), VoucherState::Redeemed);
}

pub(super) async fn absurd_vouchers_are_refused(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let payer = accounts.create(new("0"), &deed()).await.unwrap();
    let desk = VoucherDesk::new(database.clone(), hasher(), accounts);
    let most = domain::Money::from_nano(AMOUNT_NANO_MAX + 1);
    for bad in [
        NewVouchers { count: 0, ..wish() },
        NewVouchers { count: 1_001, ..wish() },
        NewVouchers { amount: money("0"), ..wish() },
        NewVouchers { amount: money("-1"), ..wish() },
        NewVouchers { amount: most, ..wish() },
        NewVouchers { credit_days: Some(0), ..wish() },
        NewVouchers { credit_days: Some(3_661), ..wish() },
        NewVouchers { expires_at: Some(NOW), ..wish() },
        NewVouchers { note: "x".repeat(401), ..wish() },
    ] {
        assert!(desk.create(bad.clone(), &deed()).await.is_err(), "{bad:?}");
    }
    assert!(desk.list(None, 10).await.unwrap().is_empty());
    let euros = desk
        .create(NewVouchers { currency: Currency::parse("EUR").unwrap(), ..wish() }, &deed())
        .await
        .unwrap();
    let refused = desk.redeem(euros[0].code.expose(), &payer, &deed()).await;
    assert!(matches!(refused, Err(VoucherError::OtherCurrency { .. })), "{refused:?}");
    assert_eq!(desk.list(None, 1).await.unwrap()[0].state(NOW), VoucherState::Open);
}

mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(
        suite:
        a_code_gives_once_whoever_tries_at_once
        what_cannot_be_redeemed_says_one_thing
        a_crash_between_entry_and_note_gives_nothing_twice
        absurd_vouchers_are_refused
    );
}
