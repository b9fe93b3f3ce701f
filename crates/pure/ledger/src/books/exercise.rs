//! Made-up operations on a reference book, out of a seed: whoever folds movements is tried with what they come to.
//! For tests; nothing here is asked by a gateway.

use domain::{CallId, Currency, Money, Timestamp};

use super::account::{Channel, Customer, GrantNumber, Purse};
use super::amount::Exchange;
use super::entry::{Entry, EntryError, EntryKey};
use super::movement::Movement;
use super::payments;
use super::reference_book::{ReferenceBook, Refusal};

const PURSES: u64 = 4;
const START: Timestamp = Timestamp(1_795_219_200_000);

/// A reference book and the operations on it, each out of the same seed the same.
#[derive(Debug)]
pub struct Exercise {
    /// What must have come of them.
    pub book: ReferenceBook,
    state: u64,
    steps: u64,
    calls: u64,
    grants: Vec<(GrantNumber, Purse)>,
    payments: Vec<(EntryKey, Purse)>,
    refunds: Vec<(String, EntryKey, Purse, Money)>,
    used: Vec<Entry>,
    /// How many were refused.
    pub refused: u64,
    salt: u64,
}

impl Exercise {
    /// The exercise of a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            book: ReferenceBook::default(),
            state: seed,
            steps: 0,
            calls: 0,
            grants: Vec::new(),
            payments: Vec::new(),
            refunds: Vec::new(),
            used: Vec::new(),
            refused: 0,
            salt: seed,
        }
    }

    /// Every purse that is used: of customers of this seed's own.
    pub fn purses(&self) -> Vec<Purse> {
        (0..PURSES).map(|number| purse(self.salt, number)).collect()
    }

    /// When the next operation happens.
    pub const fn now(&self) -> Timestamp {
        Timestamp(START.0 + self.steps as i64)
    }

    /// Does something; gives what the journal would keep of it, none where the book refused.
    pub fn step(&mut self) -> Option<Movement> {
        self.steps += 1;
        let done = match self.below(100) {
            0..30 => self.hold(),
            30..38 => self.of_open(|it, call| {
                let amount = it.amount(5_000);
                it.book.extend(call, amount)
            }),
            38..46 => self.of_open(|it, call| {
                let cost = it.amount(9_000);
                Ok(Movement::Progress { call, cost })
            }),
            46..68 => self.of_open(|it, call| {
                let cost = it.amount(14_000);
                it.book.settle(call, cost, 3)
            }),
            68..74 => self.of_open(|it, call| it.book.void(call)),
            74..76 => self.terms(),
            76..79 => self.lapse(),
            _ => self.pay(),
        };
        match done {
            Ok(movement) => Some(movement),
            Err(_) => {
                self.refused += 1;
                None
            }
        }
    }

    fn hold(&mut self) -> Result<Movement, Refusal> {
        // Some ids come again, and some amounts are none.
        let again = self.calls > 0 && self.below(20) == 0;
        let number = if again { self.below(self.calls) } else { self.calls };
        self.calls = self.calls.max(number + 1);
        let purse = self.purse();
        let amount = Money::from_nano(self.below(10_000) as i64 - 20);
        self.book.hold(call(self.salt, number), purse, amount)
    }

    fn of_open(
        &mut self,
        act: impl FnOnce(&mut Self, CallId) -> Result<Movement, Refusal>,
    ) -> Result<Movement, Refusal> {
        let open = self.book.open_calls();
        if open.is_empty() {
            return Err(Refusal::Unheld(CallId(0)));
        }
        let call = open[self.below(open.len() as u64) as usize];
        act(self, call)
    }

    fn terms(&mut self) -> Result<Movement, Refusal> {
        let (purse, credit) = (self.purse(), Money::from_nano(self.below(3) as i64 * 20_000));
        self.book.set_terms(purse, credit)
    }

    fn lapse(&mut self) -> Result<Movement, Refusal> {
        let Some((grant, purse)) = self.pick(self.grants.clone()) else {
            return Err(Refusal::Repeated("nothing".to_owned()));
        };
        let part = self.below(3) as u32;
        self.book.expire(payments::expiry_key(grant, part), purse, grant)
    }

    fn pay(&mut self) -> Result<Movement, Refusal> {
        // What has happened must not happen again.
        if self.below(12) == 0
            && let Some(entry) = self.pick(self.used.clone())
        {
            return self.book.post(entry);
        }
        let Ok(entry) = self.entry() else { return Err(Refusal::TooMuch) };
        let movement = self.book.post(entry.clone())?;
        self.used.push(entry);
        Ok(movement)
    }

    fn entry(&mut self) -> Result<Entry, EntryError> {
        let channel = Channel::parse("one").expect("three letters");
        let (id, purse, amount) =
            (format!("{}-{}", self.salt, self.steps), self.purse(), self.amount(60_000));
        match self.below(10) {
            0 | 1 => {
                let grant = GrantNumber(self.salt << 24 | self.steps);
                self.grants.push((grant, purse));
                let until = (self.below(2) == 0).then(|| Timestamp(START.0 + self.below(1_000_000) as i64));
                payments::voucher(&id, purse, grant, amount, until)
            }
            2 => payments::order(&id, "transfer 1", purse, amount),
            3 | 4 => {
                let entry = payments::top_up(channel, &id, purse, amount)?;
                self.payments.push((entry.key.clone(), purse));
                Ok(entry)
            }
            5 => {
                let (from, to) = (Currency::CNY, purse.currency);
                let exchange = Exchange { from, to, numerator: 1, denominator: 7 };
                payments::top_up_exchanged(channel, &id, purse, amount, &exchange, "desk")
            }
            6 => payments::debit(&id, purse, amount, "by hand", self.below(4) == 0),
            7 => self.refund(&id, amount, purse),
            8 => self.end_of_refund(channel, purse, amount),
            _ => payments::payout(channel, &id, purse.currency, amount, self.amount(9)),
        }
    }

    fn refund(&mut self, id: &str, amount: Money, purse: Purse) -> Result<Entry, EntryError> {
        let Some((payment, of)) = self.pick(self.payments.clone()) else {
            return payments::credit(id, purse, amount, "by hand");
        };
        self.refunds.push((id.to_owned(), payment.clone(), of, amount));
        payments::refund_asked(id, payment, of, amount)
    }

    fn end_of_refund(&mut self, channel: Channel, purse: Purse, amount: Money) -> Result<Entry, EntryError> {
        let asked = |it: &(String, EntryKey, Purse, Money)| {
            let key = format!("refund:{}", it.0);
            self.used.iter().any(|entry| entry.key.as_str() == key)
        };
        let known: Vec<_> = self.refunds.iter().filter(|it| asked(it)).cloned().collect();
        match self.pick(known) {
            Some((id, payment, of, amount)) if self.below(2) == 0 => {
                payments::refund_failed(&id, payment, of, amount)
            }
            Some((id, payment, of, amount)) => payments::refund_done(&id, payment, of, amount, Some(channel)),
            None => {
                let payment = EntryKey::parse("pay:one:unknown").expect("visible");
                let id = format!("{}-{}", self.salt, self.steps);
                payments::chargeback(&id, payment, channel, purse, amount, Money::from_nano(5))
            }
        }
    }

    fn purse(&mut self) -> Purse {
        let number = self.below(PURSES);
        purse(self.salt, number)
    }

    fn amount(&mut self, most: u64) -> Money {
        Money::from_nano(1 + self.below(most) as i64)
    }

    fn pick<T>(&mut self, mut from: Vec<T>) -> Option<T> {
        if from.is_empty() {
            return None;
        }
        let at = self.below(from.len() as u64) as usize;
        Some(from.swap_remove(at))
    }

    /// The next number of the sequence, below a bound: SplitMix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn purse(salt: u64, number: u64) -> Purse {
    let currency = if number.is_multiple_of(2) { Currency::USD } else { Currency::VND };
    Purse { customer: Customer((salt << 2) | (number / 2)), currency }
}

fn call(salt: u64, number: u64) -> CallId {
    CallId(u128::from(START.0.unsigned_abs()) << 80 | u128::from(salt) << 40 | u128::from(number))
}
