//! `bellwether backup` and `bellwether restore`: the whole database as one file, and a database out of it.

mod make;
mod packing;
mod shown;
mod take;

pub(crate) use make::make;
pub(crate) use take::take;
