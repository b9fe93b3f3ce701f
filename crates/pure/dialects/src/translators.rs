//! Each dialect's own folder, found by its name.

use crate::Dialect;
use crate::anthropic_messages::{self, Messages};
use crate::limit_headers::LimitHeaders;
use crate::openai_chat::{self, Chat};
use crate::openai_responses::Responses;
use crate::translator::Translator;

impl Dialect {
    /// What a caller speaks at a path that several share, by the headers that he sends.
    pub fn by_headers(sends: impl Fn(&str) -> bool) -> Self {
        if sends(anthropic_messages::VERSION_HEADER) { Self::AnthropicMessages } else { Self::OpenAiChat }
    }

    /// Headers of a caller that a provider of this dialect needs.
    pub const fn request_headers(self) -> &'static [&'static str] {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => openai_chat::REQUEST_HEADERS,
            Self::AnthropicMessages => anthropic_messages::REQUEST_HEADERS,
        }
    }

    /// Headers that every provider of this dialect needs, for where the caller sends none of the name.
    pub const fn usual_headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => &[],
            Self::AnthropicMessages => anthropic_messages::USUAL_HEADERS,
        }
    }

    /// Headers of a provider of this dialect that tell a caller about his answer, and nothing about the operator's account.
    pub const fn reply_headers(self) -> &'static [&'static str] {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => openai_chat::REPLY_HEADERS,
            Self::AnthropicMessages => &[],
        }
    }

    /// How its callers are told what is left of their limits.
    pub const fn limit_headers(self) -> &'static LimitHeaders {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => &openai_chat::LIMIT_HEADERS,
            Self::AnthropicMessages => &anthropic_messages::LIMIT_HEADERS,
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
