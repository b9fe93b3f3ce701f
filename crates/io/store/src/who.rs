//! Who asks for a change, for the audit to tell.

/// Who asks for a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// What proved that he may.
    pub actor: &'static str,
    /// Who he says he is.
    pub by: Option<String>,
    /// The request that he asked with.
    pub request_id: Option<String>,
}
