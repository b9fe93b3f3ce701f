//! What came of a check that may find something: the same exit codes for all of them.

/// The outcome.
pub(crate) enum Verified {
    /// All is as it should be.
    Intact,
    /// It is not.
    Faulty,
}
