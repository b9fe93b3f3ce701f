//! Limits of use on a call's way: which of them it counts for, whether it may go now, waits or is refused, and what it came to in
//! the end. What a limit says and how it is counted is `limits::rate`'s to say, and who waits for whom `limits::queue`'s.

mod costs;
mod credentials;
mod end_users;
mod expected;
mod headers;
mod keeper;
mod limit;
mod limited;
mod outcome;
mod rooms;
mod table;
mod turn;
mod verdict;
mod words;

pub(crate) use costs::{Costs, Used};
pub(crate) use credentials::{end_credential, pace, prefer_room, take_credential};
pub(crate) use expected::{expected, expected_of_kept};
pub(crate) use keeper::LimitKeeper;
pub(crate) use limit::{ForWhom, limit, limit_refused};
pub(crate) use limited::{LIMIT_WARNING, Limited};
