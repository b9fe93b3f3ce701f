//! The wire formats there are. A closed set: each is a folder of this crate.

/// A wire format for conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's Chat Completions, and the surfaces that share its shapes (completions, embeddings, models).
    OpenAiChat,
    /// OpenAI's Responses.
    OpenAiResponses,
    /// Anthropic's Messages.
    AnthropicMessages,
}

impl Dialect {
    /// All of them.
    pub const ALL: &[Self] = &[Self::OpenAiChat, Self::OpenAiResponses, Self::AnthropicMessages];

    /// As configuration, logs and metrics write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "chat",
            Self::OpenAiResponses => "responses",
            Self::AnthropicMessages => "messages",
        }
    }

    /// The dialect of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dialect| dialect.name() == name)
    }
}
