//! Anthropic by its OpenAI-compatible endpoint. Its own dialect is not spoken here yet.

use crate::key_check::KeyCheck;
use crate::provider::{Auth, Dialect, Provider};

pub(crate) const ANTHROPIC: Provider = Provider {
    name: "anthropic",
    dialect: Dialect::OpenAiChat,
    base_url: Some("https://api.anthropic.com/v1"),
    auth: Auth::Bearer,
    needs_key: true,
    key_variables: &["ANTHROPIC_API_KEY"],
    base_url_variables: &["ANTHROPIC_BASE_URL"],
    // The list of models belongs to its own dialect, which asks for the key in a header of its own.
    key_check: Some(KeyCheck {
        path: "/models",
        key_header: Some("x-api-key"),
        headers: &[("anthropic-version", "2023-06-01")],
    }),
    // Its SDKs append `/v1/messages`, so the variable holds the address without `/v1`.
    base_url_suffix: "/v1",
};
