//! Accounts and their ledger in the metrics: sums by currency, never one account's, for there may be any number of them.

use std::collections::BTreeMap;

use domain::Currency;
use observe::Gauge;
use store::{Ledger, Payer, Payers};

type Labels = Vec<(&'static str, String)>;

/// Balance and what is put aside, in nano-units.
type Sums = BTreeMap<Currency, (i128, i128)>;

/// Every family, that of the ledger at rest where nobody has an account.
pub(super) fn gauges(payers: &Payers) -> Vec<Gauge> {
    let low = payers.iter().filter(|payer| payer.is_low()).count();
    let mut gauges = vec![
        gauge("ai_gateway_accounts", "Accounts that pay for calls.", Labels::new(), payers.iter().count()),
        gauge(
            "ai_gateway_accounts_low",
            "Accounts whose balance is below their threshold.",
            Labels::new(),
            low,
        ),
    ];
    gauges.extend(of_sums(&sums(payers.iter().map(AsRef::as_ref))));
    gauges.extend(of_ledger(payers.ledger().map(AsRef::as_ref)));
    gauges
}

fn sums<'p>(payers: impl Iterator<Item = &'p Payer>) -> Sums {
    let mut sums = Sums::new();
    for payer in payers {
        let (balance, held) = sums.entry(payer.account.currency).or_default();
        *balance += i128::from(payer.balance().nano());
        *held += i128::from(payer.cell.held().nano());
    }
    sums
}

fn of_sums(sums: &Sums) -> Vec<Gauge> {
    let family = |name, help, of: fn(&(i128, i128)) -> i128| {
        let one = move |(currency, sum): (&Currency, &(i128, i128))| Gauge {
            name,
            help,
            labels: vec![("currency", currency.to_string())],
            value: of(sum) as f64,
        };
        sums.iter().map(one).collect::<Vec<_>>()
    };
    let mut gauges = family(
        "ai_gateway_accounts_balance_nano",
        "Balances of all accounts together, in thousand-millionths of the currency.",
        |sum| sum.0,
    );
    gauges.extend(family(
        "ai_gateway_accounts_held_nano",
        "Money put aside for running calls, in thousand-millionths of the currency.",
        |sum| sum.1,
    ));
    gauges
}

fn of_ledger(ledger: Option<&Ledger>) -> [Gauge; 3] {
    let journal = ledger.map(Ledger::journal);
    let waiting =
        ledger.map_or(0, |ledger| ledger.journal().appended().0.saturating_sub(ledger.applied_to().0));
    [
        gauge(
            "ai_gateway_ledger_records_waiting",
            "Records of money that the database does not have yet.",
            Labels::new(),
            usize::try_from(waiting).unwrap_or(usize::MAX),
        ),
        gauge(
            "ai_gateway_ledger_journal_files",
            "Files of the journal of money that are still kept.",
            Labels::new(),
            journal.map_or(0, store::Journal::segments),
        ),
        gauge(
            "ai_gateway_ledger_has_room",
            "1 if calls can be paid for, 0 if the journal has no room for more.",
            Labels::new(),
            journal.map_or(1, |journal| usize::from(journal.has_room())),
        ),
    ]
}

fn gauge(name: &'static str, help: &'static str, labels: Labels, value: usize) -> Gauge {
    Gauge { name, help, labels, value: value as f64 }
}

#[cfg(test)]
mod tests {
    use store::Payers;

    use super::gauges;

    #[test]
    fn without_accounts_nothing_is_owed_nothing_waits_and_there_is_room() {
        let shown: Vec<(&str, f64)> =
            gauges(&Payers::default()).iter().map(|gauge| (gauge.name, gauge.value)).collect();
        let expected = [
            ("ai_gateway_accounts", 0.0),
            ("ai_gateway_accounts_low", 0.0),
            ("ai_gateway_ledger_records_waiting", 0.0),
            ("ai_gateway_ledger_journal_files", 0.0),
            ("ai_gateway_ledger_has_room", 1.0),
        ];
        assert_eq!(shown, expected);
    }
}
