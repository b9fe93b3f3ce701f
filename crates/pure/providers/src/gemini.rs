//! Google's Gemini by its OpenAI-compatible endpoint. Its own dialect is not spoken here yet.

use dialects::Dialect;

use crate::auth::Auth;
use crate::key_check::MODELS;
use crate::provider::Provider;

pub(crate) const GEMINI: Provider = Provider {
    name: "gemini",
    dialects: &[Dialect::OpenAiChat],
    base_url: Some("https://generativelanguage.googleapis.com/v1beta/openai"),
    auth: Auth::Bearer,
    fixed_headers: &[],
    needs_key: true,
    key_variables: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    base_url_variables: &["GEMINI_BASE_URL", "GOOGLE_BASE_URL", "GOOGLE_GEMINI_BASE_URL"],
    key_check: Some(MODELS),
    // Google's SDKs append `/v1beta/models/…`, so the variable holds the address without a path.
    base_url_suffix: "/v1beta/openai",
};
