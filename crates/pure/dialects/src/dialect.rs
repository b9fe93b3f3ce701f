//! The wire formats there are. A closed set: each is a folder of this crate.

use crate::anthropic_messages::{self, Messages};
use crate::openai_chat::{self, Chat};
use crate::openai_responses::Responses;
use crate::translator::Translator;

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

    /// Headers of a caller that a provider of this dialect needs.
    pub const fn request_headers(self) -> &'static [&'static str] {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => openai_chat::REQUEST_HEADERS,
            Self::AnthropicMessages => anthropic_messages::REQUEST_HEADERS,
        }
    }

    /// Headers of a provider of this dialect that tell a caller about his answer, and nothing about the operator's account.
    pub const fn reply_headers(self) -> &'static [&'static str] {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => openai_chat::REPLY_HEADERS,
            Self::AnthropicMessages => &[],
        }
    }

    /// What reads and writes it.
    pub fn translator(self) -> &'static dyn Translator {
        match self {
            Self::OpenAiChat => &Chat,
            Self::OpenAiResponses => &Responses,
            Self::AnthropicMessages => &Messages,
        }
    }
}
