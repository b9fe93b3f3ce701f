//! The answer of whoever counts.

use limits::rate::{Taking, Verdict};

/// The answer, whenever it comes.
pub(super) async fn verdict(taking: Taking) -> Verdict {
    match taking {
        Taking::Ready(verdict) => verdict,
        Taking::Later(later) => later.await,
    }
}
