//! What turns are made of.

use crate::Dialect;

/// One piece of a turn. Their order is kept: thoughts, text and calls come in any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Text(Text),
    /// An image, a recording, a document, a film.
    Media(Media),
    /// The model's words for not answering.
    Refusal(String),
    /// What the model thought before it answered.
    Thought(Thought),
    /// The model asks for a tool.
    Call(Call),
    /// What a tool answered.
    Outcome(Outcome),
    /// Something that only one dialect knows.
    Foreign(Foreign),
}

/// Words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The words themselves.
    pub text: String,
    /// Everything up to here is worth caching.
    pub mark: Option<CacheMark>,
    /// Where they come from.
    pub citations: Vec<Citation>,
}

impl Text {
    /// Plain words.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), mark: None, citations: Vec::new() }
    }
}

/// That the prompt up to here is worth caching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheMark {
    /// For how long, as written (`5m`, `1h`); `None` for the provider's own default.
    pub ttl: Option<String>,
}

/// Where words come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Citation {
    /// The page.
    pub url: Option<String>,
    /// What the source calls itself.
    pub title: Option<String>,
    /// The words of the source.
    pub quote: Option<String>,
    /// Characters of the answer that it belongs to.
    pub span: Option<(u64, u64)>,
}

/// Something that is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Where it is.
    pub source: Source,
    /// Its file name or title.
    pub name: Option<String>,
    /// How closely an image is to be looked at, as written.
    pub detail: Option<String>,
    /// Everything up to here is worth caching.
    pub mark: Option<CacheMark>,
    /// Where in the request it stands, for error messages.
    pub path: String,
}

/// What a medium is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A recording.
    Audio,
    /// A document, such as a PDF.
    Document,
    /// A film.
    Video,
}

/// Where a medium is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Here.
    Inline {
        /// Such as `image/png`.
        media_type: String,
        /// Base64, standard alphabet with padding.
        data: String,
    },
    /// Here, as plain text.
    Plain(String),
    /// At an address.
    Url(String),
    /// Kept at the provider under this id.
    File(String),
}

/// What the model thought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thought {
    /// Its words; may be empty where only the seal was given.
    pub text: String,
    /// The words are the provider's summary.
    pub is_summary: bool,
    /// The provider's own id of it, in dialects that give one.
    pub id: Option<String>,
    /// What the provider wants back to know its own thought again.
    pub seal: Option<Seal>,
}

/// A provider's opaque proof of a thought. Never read, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// What it is in its dialect.
    pub form: SealForm,
    /// The text itself.
    pub blob: String,
}

/// What a seal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealForm {
    /// `signature` of an Anthropic thinking block.
    Signature,
    /// `data` of an Anthropic redacted thinking block.
    Redacted,
    /// `encrypted_content` of a Responses reasoning item.
    Encrypted,
    /// An entry of `reasoning_details` of a chat message, or whatever else a chat host wants back.
    Detail,
}

impl SealForm {
    /// The dialect in which a provider takes it back.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Signature | Self::Redacted => Dialect::AnthropicMessages,
            Self::Encrypted => Dialect::OpenAiResponses,
            Self::Detail => Dialect::OpenAiChat,
        }
    }
}

/// The model asks for a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Ties it to its outcome.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments as JSON text; for a custom tool the plain text that it takes.
    pub arguments: String,
    /// The tool takes plain text.
    pub is_custom: bool,
    /// Everything up to here is worth caching.
    pub mark: Option<CacheMark>,
}

/// What a tool answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The call it answers.
    pub call_id: String,
    /// What it says: text, images, documents.
    pub parts: Vec<Part>,
    /// The tool failed.
    pub is_error: bool,
    /// It answers a custom tool.
    pub is_custom: bool,
    /// Everything up to here is worth caching.
    pub mark: Option<CacheMark>,
}

/// Something that only one dialect knows: it goes back to that dialect as it came, and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Whose it is.
    pub dialect: Dialect,
    /// What it calls itself.
    pub kind: String,
    /// Its JSON text.
    pub json: String,
    /// Where in the request it stands, for error messages.
    pub path: String,
}
