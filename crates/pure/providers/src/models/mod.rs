//! What is known of models: sizes, abilities, draft prices, other names. A shipped draft that operators and their
//! configurations may correct; whoever is not in it is taken to be able to do anything.

mod amount;
mod catalogue;
mod check;
mod date;
mod difference;
mod facts;
mod file;
mod row;
mod shipped;

pub use amount::Amount;
pub use catalogue::{Catalogue, Known};
pub use check::RowFlaw;
pub use date::Date;
pub use difference::{Change, difference};
pub use facts::Facts;
pub use row::{Price, Row};
pub use shipped::{shipped, shipped_flaws, shipped_of};
