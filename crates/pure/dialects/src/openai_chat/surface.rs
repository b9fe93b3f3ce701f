//! The paths callers use. Each is served with and without `/v1`.

/// Headers of this dialect that a provider needs from its caller.
pub const REQUEST_HEADERS: &[&str] = &["openai-beta"];
/// Headers of this dialect that tell a caller about his answer, and nothing about the operator's account.
pub const REPLY_HEADERS: &[&str] = &["openai-processing-ms", "openai-version"];

/// What a caller wants at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `POST /v1/chat/completions`
    ChatCompletions,
    /// `POST /v1/completions`
    Completions,
    /// `POST /v1/embeddings`
    Embeddings,
}

impl Operation {
    /// Appended to the provider's base URL.
    pub const fn upstream_path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/chat/completions",
            Self::Completions => "/completions",
            Self::Embeddings => "/embeddings",
        }
    }
}

/// The operation at a path, if there is one.
pub fn operation_at(path: &str) -> Option<Operation> {
    match path.strip_prefix("/v1").unwrap_or(path) {
        "/chat/completions" => Some(Operation::ChatCompletions),
        "/completions" => Some(Operation::Completions),
        "/embeddings" => Some(Operation::Embeddings),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, operation_at};

    #[test]
    fn paths_work_with_and_without_the_version() {
        assert_eq!(operation_at("/v1/chat/completions"), Some(Operation::ChatCompletions));
        assert_eq!(operation_at("/embeddings"), Some(Operation::Embeddings));
        for path in ["/v1", "/v1/v1/embeddings", "/v1/chat/completions/", "/v2/embeddings", ""] {
            assert_eq!(operation_at(path), None, "{path}");
        }
    }
}
