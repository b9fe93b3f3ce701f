//! A price list in the form that LiteLLM publishes (`model_prices_and_context_window.json`), as the text of a book: a draft that
//! somebody approves. Its numbers are read as text and never become floats.

mod fields;
mod list;

pub use list::{ImportedPrices, LeftOut, read};
