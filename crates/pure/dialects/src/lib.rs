//! Wire formats. Today: the framings, a lazy scan of JSON bodies, the OpenAI chat dialect as far as a
//! same-dialect pass-through needs it, and the wait that a provider asks for. Bytes are read, never rebuilt.

pub mod framing;
pub mod json;
pub mod openai_chat;
pub mod retry_after;

/// A wire format. A closed set: each is one folder here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's Chat Completions and the surfaces that share its shapes (completions, embeddings, models).
    OpenAiChat,
    /// OpenAI's Responses.
    OpenAiResponses,
    /// Anthropic's Messages.
    AnthropicMessages,
}
