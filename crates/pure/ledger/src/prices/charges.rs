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
    parts: [Charge; Component::COUNT],
    /// In pico-units of the row's currency, the row's minimum not yet looked at.
    pub(super) pico: u128,
    pub(super) is_assumed: bool,
    /// Something that was used has no price.
    pub(super) is_unpriced: bool,
}

impl Charges {
    /// By `row`; what it has no price for is looked up in `other`, if there is one.
    pub(super) fn of(sale: &Sale<'_>, row: &Row, other: Option<&Row>) -> Self {
        let mut all = Self {
            parts: Component::ALL.map(Charge::nothing),
            pico: 0,
            is_assumed: false,
            is_unpriced: !row.is_free && sale.usage.unexplained > 0,
        };
        if row.is_free {
            return all;
        }
        for part in &mut all.parts {
            let counted = count(sale, part.component);
            part.count = counted.min(COUNT_MAX);
            if part.count == 0 {
                continue;
            }
            part.is_assumed = counted > COUNT_MAX;
            match price(row, part.component) {
                Some((amount, from)) => part.set(amount, from),
                None if is_paid_otherwise(sale, row, part.component) => {}
                None => match other.and_then(|other| price(other, part.component)) {
                    Some((amount, from)) => {
                        part.set(amount, from);
                        part.is_assumed = true;
                    }
                    None => all.is_unpriced = true,
                },
            }
            all.pico += part.pico;
            all.is_assumed |= part.is_assumed;
        }
        all
    }

    /// The parts that something was counted of; the call itself only where it has a price.
    pub(super) fn used(&self) -> impl Iterator<Item = &Charge> {
        let is_told = |part: &&Charge| part.component != Component::Request || part.price.is_some();
        self.parts.iter().filter(|part| part.count > 0).filter(is_told)
    }
}

impl Charge {
    const fn nothing(component: Component) -> Self {
        Self { component, count: 0, price: None, pico: 0, is_assumed: false }
    }

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
fn is_paid_otherwise(sale: &Sale<'_>, row: &Row, component: Component) -> bool {
    let is_paid = |other: Component| count(sale, other) > 0 && price(row, other).is_some();
    let is_of_tokens = |component: &Component| component.unit() == Unit::MillionTokens;
    match component {
        Component::Request => true,
        Component::Image => is_paid(Component::Output) || is_paid(Component::ImageOutput),
        Component::Second => Component::ALL.into_iter().filter(is_of_tokens).any(is_paid),
        _ => false,
    }
}

const fn count(sale: &Sale<'_>, component: Component) -> u64 {
    match component {
        Component::Input => sale.usage.input,
        Component::CacheRead => sale.usage.cached_input,
        Component::CacheWrite => sale.usage.cache_write,
        Component::CacheWriteLong => sale.usage.cache_write_long,
        Component::AudioInput => sale.usage.audio_input,
        Component::ImageInput => sale.usage.image_input,
        Component::Output => sale.usage.output,
        Component::Reasoning => sale.usage.reasoning,
        Component::AudioOutput => sale.usage.audio_output,
        Component::ImageOutput => sale.usage.image_output,
        Component::Image => sale.usage.images as u64,
        Component::Second => sale.usage.audio_ms as u64,
        Component::Search => sale.usage.searches as u64,
        Component::Request => 1,
    }
}
