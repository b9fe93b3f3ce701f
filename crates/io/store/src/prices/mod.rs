//! The prices: every version of the book that was in force, one draft that is not, and the book that is.

mod contract;
mod desk;
mod flaw;
mod priced_as;
mod shown;
mod sql;
#[cfg(test)]
mod suite;

pub use contract::{
    NewPrices, PRICE_REASON_CHARS_MAX, PRICE_VERSIONS_PER_PAGE_MAX, PriceDraft, PriceRecords, PriceVersion,
};
pub use desk::{PriceDesk, PriceWish};
pub use flaw::PriceError;
pub use priced_as::PricedAs;
pub use shown::{ComparedPrices, SetPrices, StandingPrices};
