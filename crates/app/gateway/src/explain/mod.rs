//! What would become of a request, without asking anybody: who would be asked in what order and for how long, who not, and
//! why.

mod question;
mod told;

pub(crate) use question::answer;
pub(crate) use told::{Case, explained};
