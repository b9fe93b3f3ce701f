//! A conversation as the simulator understands it, whatever dialect it came in: what was heard, what is said to it,
//! and scenarios that fix what is said. How it is written on a wire is `chat`, `messages` and `responses`.

mod compose;
mod heard;
mod said;
mod scenario;

pub use compose::{EVERY_TOOL_MARKER, TOOL_MARKER, expected_thinking};
pub use scenario::{Scenario, Step, Stop};

pub(crate) use compose::compose;
pub(crate) use heard::{Choice, Heard, Offered, ToolKind};
pub(crate) use said::{Call, Finish, Part, Said};
