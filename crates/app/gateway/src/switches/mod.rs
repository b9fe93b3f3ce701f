//! What operators have taken out: checked against what there is, put in force, shown.

mod force;
mod scope;
mod shown;

pub(crate) use force::put_in_force;
pub use scope::UnknownScope;
pub(crate) use shown::{gauge_rows, running};
