//! What a provider speaks and what it serves beside conversations, by the names of the file.

use dialects::Dialect;
use dialects::surface::Operation;
use providers::Provider as Kind;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::problem::Report;

/// A wire format that a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DialectName {
    /// `/chat/completions`.
    Chat,
    /// `/responses`.
    Responses,
    /// `/messages`.
    Messages,
}

impl DialectName {
    const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
        }
    }

    fn dialect(self) -> Dialect {
        Dialect::named(self.name()).expect("the schema says the names of the dialects")
    }
}

/// What a provider may serve beside conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SurfaceName {
    /// `/completions`.
    Completions,
    /// `/embeddings`.
    Embeddings,
    /// `/moderations`.
    Moderations,
    /// `/images/…`.
    Images,
    /// `/audio/speech`.
    Speech,
    /// `/audio/transcriptions` and `/audio/translations`.
    Transcription,
    /// `/rerank`.
    Rerank,
}

impl SurfaceName {
    const fn operation(self) -> Operation {
        match self {
            Self::Completions => Operation::Completions,
            Self::Embeddings => Operation::Embeddings,
            Self::Moderations => Operation::Moderations,
            Self::Images => Operation::Images,
            Self::Speech => Operation::Speech,
            Self::Transcription => Operation::Transcription,
            Self::Rerank => Operation::Rerank,
        }
    }
}

/// What it speaks: as the file says, else as the catalogue says of its kind.
pub(super) fn dialects(
    given: Option<Vec<DialectName>>,
    kind: &Kind,
    path: &KeyPath,
    report: &mut Report,
) -> Vec<Dialect> {
    let Some(names) = given else { return kind.dialects.to_vec() };
    for (place, name) in names.iter().enumerate() {
        if names[..place].contains(name) {
            report.add(&path.index(place), name.name(), "is listed twice", None);
        }
    }
    names.into_iter().map(DialectName::dialect).collect()
}

/// What it serves, of the file's names for it.
pub(super) fn operations(names: Vec<SurfaceName>) -> Vec<Operation> {
    names.into_iter().map(SurfaceName::operation).collect()
}
