//! Anthropic in its own dialect. Its OpenAI-compatible endpoint is for trying things out and is not used.

use dialects::Dialect;

use crate::auth::Auth;
use crate::key_check::MODELS;
use crate::provider::Provider;
use crate::quirk::Quirks;

pub(crate) static ANTHROPIC: Provider = Provider {
    name: "anthropic",
    dialects: &[Dialect::AnthropicMessages],
    base_url: Some("https://api.anthropic.com/v1"),
    auth: Auth::XApiKey,
    fixed_headers: &[("anthropic-version", "2023-06-01")],
    needs_key: true,
    key_variables: &["ANTHROPIC_API_KEY"],
    base_url_variables: &["ANTHROPIC_BASE_URL"],
    key_check: Some(MODELS),
    balance: &[],
    // Its SDKs append `/v1/messages`, so the variable holds the address without `/v1`.
    base_url_suffix: "/v1",
    surfaces: Some(&[]),
    quirks: Quirks::NONE,
};
