//! The level `remote`: whoever waits hears when the database has it, and is not kept where it is away.

use std::time::{Duration, Instant};

use domain::Money;
use ledger::{Lsn, payments};

use super::books_of_calls::{HELD, NOW, PURSE, call, database, options, whole_cost};
use crate::ledger::{Applier, Ledger, Level, Told};

const SHORT: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(20);

fn settled(ledger: &Ledger, number: u64) -> Lsn {
    let held = ledger.hold(call(1, 0, number), PURSE, HELD, 1, NOW).unwrap();
    ledger.settle(held, (1, 1), whole_cost(call(1, 0, number)), NOW).unwrap().0
}

async fn follow(ledger: &Ledger, applier: &mut Applier) {
    ledger.applied(&applier.step(ledger.journal().durable()).await.unwrap());
}

#[tokio::test]
async fn an_end_is_told_when_the_database_has_it_and_sooner_where_that_is_away() {
    let home = tempfile::tempdir().unwrap();
    let database = database(home.path()).await;
    let (ledger, mut applier, _) = Ledger::open(&options(home.path()), &database, NOW).await.unwrap();
    let order = payments::order("1", "transfer", PURSE, Money::from_nano(1_000_000)).unwrap();
    ledger.post(&database, order, NOW).await.unwrap();

    let first = settled(&ledger, 1);
    let mut wanted = ledger.remote_wanted();
    let following = async {
        wanted.wait_for(|wanted| *wanted >= first).await.unwrap();
        ledger.journal().wait(first, Level::Durable).await.unwrap();
        assert!(!ledger.is_safe(first, Level::Remote));
        follow(&ledger, &mut applier).await;
    };
    let (told, ()) = tokio::join!(ledger.wait(first, Level::Remote, LONG), following);
    assert_eq!(told.unwrap(), Told::Safe);
    assert!(ledger.is_safe(first, Level::Remote) && !ledger.remote_is_back());

    // Nobody follows: the first waits, the second does not.
    let second = settled(&ledger, 2);
    assert_eq!(ledger.wait(second, Level::Remote, SHORT).await.unwrap(), Told::Missed { is_first: true });
    assert!(ledger.is_safe(second, Level::Durable), "the disk has it");
    let (third, began) = (settled(&ledger, 3), Instant::now());
    assert_eq!(ledger.wait(third, Level::Remote, LONG).await.unwrap(), Told::Missed { is_first: false });
    assert!(began.elapsed() < LONG);
    assert!(!ledger.remote_is_back());

    follow(&ledger, &mut applier).await;
    assert!(ledger.remote_is_back() && !ledger.remote_is_back(), "said once");
    assert_eq!(ledger.wait(third, Level::Remote, SHORT).await.unwrap(), Told::Safe);
    let last = settled(&ledger, 4);
    assert_eq!(ledger.wait(last, Level::Remote, SHORT).await.unwrap(), Told::Missed { is_first: true });
}
