//! What a call costs, and who owes it: prices and their versions. Nothing here asks a database or a clock.

pub mod prices;
