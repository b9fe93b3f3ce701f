//! What is left to spend there, as accounts and budgets here. What callers have paid ahead becomes the balance of an account;
//! what only says how much may be spent becomes a budget. Whether any of it can be is the admin API's to say.

mod amount;
mod carried;
mod litellm;
mod new_api;

pub use carried::{Carried, Limit, Owner};
pub use litellm::litellm;
pub use new_api::new_api;
