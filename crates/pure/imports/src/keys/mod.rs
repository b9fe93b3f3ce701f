//! Keys of callers, as files and other gateways have them: rows in, wishes for the admin API out, each with its number.
//! Whether a wish can be granted is the store's to say; a row that is no wish at all is told here.

mod csv;
mod found;
mod litellm;
mod new_api;
mod numbers;
mod own;
mod rows;

pub use found::KeysFound;
pub use litellm::litellm;
pub(crate) use litellm::{is_of_another_table, is_true};
pub use new_api::new_api;
pub(crate) use new_api::{User, number_of, users};
pub(crate) use numbers::as_texts;
pub use own::{csv, json};
pub use rows::{Looks, looks_of};
pub(crate) use rows::{Row, rows};
