//! The price book: what was sold in, its list price and our price out. A book is one numbered version and never changes.

mod amount;
mod book;
mod charges;
mod check;
mod component;
mod difference;
mod explain;
mod factor;
mod hours;
mod instant;
mod markups;
mod overlap;
mod problem;
mod rate;
mod row;
mod sale;
mod text;
mod told;
mod unknown;

pub use amount::{Amount, AmountError, EACH_MAX, TOKENS_PRICE_MAX};
pub use book::{Book, EVERY_MODEL, Found};
pub use charges::{COUNT_MAX, Charge};
pub use check::{ROWS_MAX, TEXT_BYTES_MAX, read};
pub use component::{Component, Unit};
pub use difference::{Change, LARGE_PERMILLE, difference, needs_reason};
pub use explain::Explained;
pub use factor::{ExchangeRate, Factor};
pub use hours::Hours;
pub use markups::Markups;
pub use problem::Problem;
pub use rate::{Cost, Rated, Unpriced};
pub use row::{Row, Seller};
pub use sale::{Buyer, Sale, Wanted};
pub use text::{BookText, HoursText, MarkupsText, RowText};
pub use told::{ALIASES_MAX, NAME_BYTES_MAX};
pub use unknown::Unknown;
