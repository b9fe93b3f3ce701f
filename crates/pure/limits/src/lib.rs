//! What callers may use of what there is: budgets of money for each day or month. Decisions only; `now` is an argument, and
//! what was spent is kept elsewhere.

pub mod budget;
