//! What every database must do alike for orders: each is paid once, by one transfer, which pays no other.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::desk::OrderDesk;
use super::error::OrderError;
use super::order::{NewOrder, OrderState};
use crate::accounts::Correction;
use crate::accounts::suite::{NOW, deed, money, new, open};
use crate::audit::AuditRecords;
use crate::database::Database;

/// Who confirm one order at once.
const AT_ONCE: usize = 16;

fn wish(amount: &str) -> NewOrder {
    NewOrder { amount: money(amount), note: "invoice".to_owned() }
}

pub(super) async fn an_order_is_paid_once_whoever_confirms_at_once(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let payer = accounts.create(new("0"), &deed()).await.unwrap();
    let desks = [(), ()].map(|()| Arc::new(OrderDesk::new(database.clone(), Arc::clone(&accounts))));
    let made = desks[0].create(&payer, wish("100"), &deed()).await.unwrap();
    assert_eq!((made.number, made.state(), payer.balance()), (1, OrderState::Open, money("0")));
    let mut tries = JoinSet::new();
    for at in 0..AT_ONCE {
        let desk = Arc::clone(&desks[at % 2]);
        tries.spawn(async move { desk.confirm("1", "BANK 7", &deed()).await });
    }
    while let Some(tried) = tries.join_next().await {
        match tried.unwrap() {
            Ok(order) => assert_eq!(order.state(), OrderState::Confirmed),
            Err(OrderError::Over { state: "confirmed", .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(payer.balance(), money("100"), "once");
    let again = desks[0].confirm("1", "BANK 8", &deed()).await;
    assert!(matches!(again, Err(OrderError::Over { .. })), "{again:?}");
}

pub(super) async fn a_transfer_pays_one_order(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let payer = accounts.create(new("0"), &deed()).await.unwrap();
    let desk = OrderDesk::new(database.clone(), accounts);
    for _ in 0..3 {
        desk.create(&payer, wish("5"), &deed()).await.unwrap();
    }
    desk.confirm("1", "bank  7 ", &deed()).await.unwrap();
    let taken = desk.confirm("2", "BANK 7", &deed()).await.unwrap_err();
    assert_eq!(
        taken.to_string(),
        "the transfer \"BANK 7\" has paid order 1 already; a transfer pays one order only"
    );
    for written in ["bank7", "B A N K\u{a0}7", "Bank\t7"] {
        let taken = desk.confirm("2", written, &deed()).await;
        assert!(matches!(taken, Err(OrderError::ReferenceTaken { number: 1, .. })), "{written}: {taken:?}");
    }
    assert_eq!(payer.balance(), money("5"), "a transfer gives its money once, however it is written");
    desk.confirm("2", "BANK 8", &deed()).await.unwrap();
    desk.cancel("3", &deed()).await.unwrap();
    for refused in [
        desk.confirm("3", "BANK 9", &deed()).await,
        desk.cancel("1", &deed()).await,
        desk.confirm("9", "BANK 9", &deed()).await,
        desk.confirm("x", "BANK 9", &deed()).await,
        desk.confirm("3", " ", &deed()).await,
        desk.confirm("3", &"x".repeat(101), &deed()).await,
        desk.create(&payer, wish("0"), &deed()).await,
        desk.create(&payer, wish("-1"), &deed()).await,
        desk.create(&payer, wish("1000000001"), &deed()).await,
    ] {
        assert!(refused.is_err(), "{refused:?}");
    }
    assert_eq!(payer.balance(), money("10"));
    let states: Vec<_> = desk.list(None, 10).await.unwrap().iter().map(super::Order::state).collect();
    assert_eq!(states, [OrderState::Cancelled, OrderState::Confirmed, OrderState::Confirmed]);
    let actions = database.audit(None, 100).await.unwrap();
    assert_eq!(actions.iter().filter(|entry| entry.action.starts_with("order.")).count(), 6);
}

pub(super) async fn a_confirmation_that_a_crash_cut_off_is_gone_on_with(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let payer = accounts.create(new("0"), &deed()).await.unwrap();
    let desk = OrderDesk::new(database.clone(), Arc::clone(&accounts));
    desk.create(&payer, wish("5"), &deed()).await.unwrap();
    // Bound and posted, and not noted.
    sqlx::query("UPDATE orders SET reference = 'BANK 7' WHERE number = 1")
        .execute(&database.pool)
        .await
        .unwrap();
    let entry = ledger::payments::order("1", "BANK 7", payer.account.purse(), money("5")).unwrap();
    accounts.ledger().unwrap().post(database, entry, NOW).await.unwrap();
    for refused in [desk.confirm("1", "BANK 8", &deed()).await, desk.cancel("1", &deed()).await] {
        assert!(matches!(refused, Err(OrderError::BegunWithAnother { .. })), "{refused:?}");
    }
    let confirmed = desk.confirm("1", "bank7", &deed()).await.unwrap();
    assert_eq!((confirmed.state(), confirmed.reference.as_deref()), (OrderState::Confirmed, Some("BANK 7")));
    assert_eq!(payer.balance(), money("5"), "once");
}

pub(super) async fn what_is_too_much_leaves_order_and_transfer_free(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let payer = accounts.create(new("0"), &deed()).await.unwrap();
    let desk = OrderDesk::new(database.clone(), Arc::clone(&accounts));
    desk.create(&payer, wish("5"), &deed()).await.unwrap();
    let correction =
        |is_credit| Correction { id: None, amount: money("1000000000"), is_credit, may_overdraw: false };
    for _ in 0..4 {
        accounts.correct(1, correction(true), &deed()).await.unwrap();
    }
    assert!(desk.confirm("1", "BANK 7", &deed()).await.is_err());
    let listed = desk.list(None, 1).await.unwrap();
    assert_eq!((listed[0].state(), &listed[0].reference), (OrderState::Open, &None));
    accounts.correct(1, correction(false), &deed()).await.unwrap();
    desk.confirm("1", "BANK 7", &deed()).await.unwrap();
}

mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(
        suite:
        an_order_is_paid_once_whoever_confirms_at_once
        a_transfer_pays_one_order
        a_confirmation_that_a_crash_cut_off_is_gone_on_with
        what_is_too_much_leaves_order_and_transfer_free
    );
}
