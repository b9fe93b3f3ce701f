//! What a sale pays for by one row, part by part and before any rounding: the one place where counts and prices meet.

use super::amount::Amount;
use super::component::{Component, Unit};
use super::row::Row;
use super::sale::Sale;

/// The largest count of one part that is taken for true. Above it a provider's numbers are broken: what is beyond is not
/// charged, and the cost is told as assumed.
pub const COUNT_MAX: u64 = 1_000_000_000_000;

/// What one part of a sale pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The part.
    pub component: Component,
    /// How many: tokens, pictures, thousandths of a second, searches, calls.
    pub count: u64,
    /// The price, and the component whose price it is; `None` where there is none.
    pub price: Option<(Amount, Component)>,
    /// In pico-units of the row's currency, exactly.
    pub pico: u128,
    /// Priced by what stands in for it, or counted too high.
    pub is_assumed: bool,
}

/// All parts of a sale by one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charges {
    /// In pico-units of the row's currency, the row's minimum not yet looked at.
    pub(super) pico: u128,
    pub(super) is_assumed: bool,
    /// Something that was used has no price.
    pub(super) is_unpriced: bool,
}

impl Charges {
    /// By `row`; what it has no price for is looked up in `other`, if there is one. `each` hears of every part that something was
    /// counted of.
    pub(super) fn of(sale: &Sale<'_>, row: &Row, other: Option<&Row>, mut each: impl FnMut(&Charge)) -> Self {
        let mut all =
            Self { pico: 0, is_assumed: false, is_unpriced: !row.is_free && sale.usage.unexplained > 0 };
        if row.is_free {
            return all;
        }
        let counts = counts(sale);
        for component in Component::ALL {
            let counted = counts[component.place()];
            if counted == 0 {
                continue;
            }
            let mut part = Charge {
                component,
                count: counted.min(COUNT_MAX),
                price: None,
                pico: 0,
                is_assumed: counted > COUNT_MAX,
            };
            match price(row, component) {
                Some((amount, from)) => part.set(amount, from),
                None if is_paid_otherwise(&counts, row, component) => {}
                None => match other.and_then(|other| price(other, component)) {
                    Some((amount, from)) => {
                        part.set(amount, from);
                        part.is_assumed = true;
                    }
                    None => all.is_unpriced = true,
                },
            }
            all.pico += part.pico;
            all.is_assumed |= part.is_assumed;
            each(&part);
        }
        all
    }
}

impl Charge {
    fn set(&mut self, amount: Amount, from: Component) {
        self.price = Some((amount, from));
        self.pico = u128::from(self.count) * amount.pico(self.component.unit());
        self.is_assumed |= from != self.component && self.component.is_guessed_by_stand_in();
    }
}

/// The price of a component in a row: its own, else that of what stands in for it.
fn price(row: &Row, component: Component) -> Option<(Amount, Component)> {
    let mut from = component;
    loop {
        match row.amount(from) {
            Some(amount) => return Some((amount, from)),
            None => from = from.stand_in()?,
        }
    }
}

/// Whether a part that the row has no price for is paid by another: pictures and seconds by the tokens they are made of,
/// and a call by what it used. Only searches are always something beside it.
fn is_paid_otherwise(counts: &[u64; Component::COUNT], row: &Row, component: Component) -> bool {
    let is_paid = |other: Component| counts[other.place()] > 0 && price(row, other).is_some();
    let is_of_tokens = |component: &Component| component.unit() == Unit::MillionTokens;
    match component {
        Component::Request => true,
        Component::Image => is_paid(Component::Output) || is_paid(Component::ImageOutput),
        Component::Second => Component::ALL.into_iter().filter(is_of_tokens).any(is_paid),
        _ => false,
    }
}

/// How many there are of every component, in the order of the list.
const fn counts(sale: &Sale<'_>) -> [u64; Component::COUNT] {
    let usage = sale.usage;
    [
        usage.input,
        usage.cached_input,
        usage.cache_write,
        usage.cache_write_long,
        usage.audio_input,
        usage.image_input,
        usage.output,
        usage.reasoning,
        usage.audio_output,
        usage.image_output,
        usage.images as u64,
        usage.audio_ms as u64,
        usage.searches as u64,
        1,
    ]
}
