//! The paths callers use, in one table. Each is served with and without `/v1`.

use crate::Dialect;

/// What a caller wants at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// An answer to a conversation, in any dialect.
    Conversation,
    /// The continuation of a text, as before there were conversations.
    Completions,
    /// Vectors for texts.
    Embeddings,
    /// How many tokens a conversation has.
    CountTokens,
    /// Whether a text is harmful.
    Moderations,
    /// Pictures.
    Images,
    /// Speech for a text.
    Speech,
    /// The text of a recording.
    Transcription,
    /// An order of documents by what they say to a question.
    Rerank,
}

impl Operation {
    /// All of them, each by the name that catalogues and configurations give it.
    const NAMED: &[(&str, Self)] = &[
        ("conversation", Self::Conversation),
        ("completions", Self::Completions),
        ("embeddings", Self::Embeddings),
        ("count_tokens", Self::CountTokens),
        ("moderations", Self::Moderations),
        ("images", Self::Images),
        ("speech", Self::Speech),
        ("transcription", Self::Transcription),
        ("rerank", Self::Rerank),
    ];

    /// The operation of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, operation)| *operation)
    }

    /// As catalogues and configurations write it.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, operation)| *operation == self).map_or("", |(name, _)| *name)
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyForm {
    /// One JSON object.
    Json,
    /// Fields and files.
    Multipart,
}

/// What an answer is, when it is not a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    /// One JSON object that has one of these members.
    Object(&'static [&'static str]),
    /// Whatever the provider sends: sound, text.
    Anything,
}

/// A path, and what is served there.
#[derive(Debug, PartialEq, Eq)]
pub struct Surface {
    /// Behind `/v1`, and behind a provider's base URL.
    pub path: &'static str,
    /// What a caller wants.
    pub operation: Operation,
    /// What he speaks.
    pub dialect: Dialect,
    /// How his request is written.
    pub body: BodyForm,
    /// What he gets.
    pub answer: AnswerForm,
    /// Whether he can ask for a stream.
    pub can_stream: bool,
}

/// Every path that costs something.
pub const SURFACES: &[Surface] = &[
    json("/chat/completions", Operation::Conversation, &["choices"], true),
    json("/completions", Operation::Completions, &["choices"], true),
    json("/embeddings", Operation::Embeddings, &["data"], false),
    Surface {
        dialect: Dialect::OpenAiResponses,
        ..json("/responses", Operation::Conversation, &["output"], true)
    },
    Surface {
        dialect: Dialect::AnthropicMessages,
        ..json("/messages", Operation::Conversation, &["content"], true)
    },
    Surface {
        dialect: Dialect::AnthropicMessages,
        ..json("/messages/count_tokens", Operation::CountTokens, &["input_tokens"], false)
    },
    json("/moderations", Operation::Moderations, &["results"], false),
    json("/images/generations", Operation::Images, &["data"], true),
    multipart("/images/edits", Operation::Images, AnswerForm::Object(&["data"]), true),
    multipart("/images/variations", Operation::Images, AnswerForm::Object(&["data"]), false),
    Surface { answer: AnswerForm::Anything, ..json("/audio/speech", Operation::Speech, &[], true) },
    multipart("/audio/transcriptions", Operation::Transcription, AnswerForm::Anything, true),
    multipart("/audio/translations", Operation::Transcription, AnswerForm::Anything, false),
    json("/rerank", Operation::Rerank, &["results"], false),
];

const fn json(
    path: &'static str,
    operation: Operation,
    members: &'static [&'static str],
    can_stream: bool,
) -> Surface {
    let (dialect, body) = (Dialect::OpenAiChat, BodyForm::Json);
    Surface { path, operation, dialect, body, answer: AnswerForm::Object(members), can_stream }
}

const fn multipart(
    path: &'static str,
    operation: Operation,
    answer: AnswerForm,
    can_stream: bool,
) -> Surface {
    let (dialect, body) = (Dialect::OpenAiChat, BodyForm::Multipart);
    Surface { path, operation, dialect, body, answer, can_stream }
}

/// Where conversations of a dialect are held.
///
/// # Panics
///
/// Never: every dialect has one, as a test shows.
pub fn conversations_in(dialect: Dialect) -> &'static Surface {
    let is_meant =
        |surface: &&Surface| surface.operation == Operation::Conversation && surface.dialect == dialect;
    SURFACES.iter().find(is_meant).expect("every dialect has a surface for conversations")
}

/// The surface at a path, if there is one.
pub fn surface_at(path: &str) -> Option<&'static Surface> {
    let path = path.strip_prefix("/v1").unwrap_or(path);
    SURFACES.iter().find(|surface| surface.path == path)
}

#[cfg(test)]
mod tests {
    use super::{Operation, SURFACES, conversations_in, surface_at};
    use crate::Dialect;

    #[test]
    fn paths_work_with_and_without_the_version() {
        let operation = |path| surface_at(path).map(|surface| surface.operation);
        assert_eq!(operation("/v1/chat/completions"), Some(Operation::Conversation));
        assert_eq!(operation("/embeddings"), Some(Operation::Embeddings));
        for path in ["/v1", "/v1/v1/embeddings", "/v1/chat/completions/", "/v2/embeddings", ""] {
            assert_eq!(operation(path), None, "{path}");
        }
    }

    #[test]
    fn every_operation_has_a_name() {
        for surface in SURFACES {
            assert_eq!(Operation::named(surface.operation.name()), Some(surface.operation));
        }
    }

    #[test]
    fn every_dialect_has_conversations() {
        for dialect in Dialect::ALL {
            assert_eq!(conversations_in(*dialect).dialect, *dialect);
        }
    }

    #[test]
    fn no_path_stands_twice() {
        let paths: std::collections::HashSet<_> = SURFACES.iter().map(|surface| surface.path).collect();
        assert_eq!(paths.len(), SURFACES.len());
    }
}
