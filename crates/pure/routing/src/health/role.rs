//! What somebody who is asked is to his breaker, and what comes of it.

/// In what role somebody was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// As one who is well.
    Usual,
    /// To find out whether he is well again.
    Trial,
    /// Though he is not well, since nobody else is left.
    LastResort,
}

/// What one who was asked did to the breaker's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    Opened,
    Closed,
}

/// What has opened a breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Cause {
    /// So many failures in a row.
    #[default]
    Run,
    /// So large a part of failures.
    Rate,
    /// So many answers in a row that broke off.
    Breaks,
    /// Whoever tried him failed.
    Trial,
}
