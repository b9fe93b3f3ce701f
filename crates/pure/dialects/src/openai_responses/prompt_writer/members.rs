//! Members of the request that are written apart from it.

/// Names and JSON texts.
pub(super) type Members = Vec<(String, String)>;
