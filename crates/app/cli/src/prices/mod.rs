//! `bellwether prices`: the price book, on the running server or in the data directory.

mod ask;
mod command;
mod in_force;
mod local;
mod of_catalogue;
mod place;
mod shown;

pub(crate) use command::run;
pub(crate) use in_force::{in_force, of_whole_catalogue};
pub(crate) use of_catalogue::stand_in;

/// The kinds of providers that rows may be for.
pub(crate) fn kinds() -> Vec<String> {
    let all = std::iter::once(&providers::COMPATIBLE).chain(providers::all().iter().copied());
    all.map(|provider| provider.name.to_owned()).collect()
}
