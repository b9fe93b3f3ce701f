//! OpenAI itself.

use dialects::Dialect;
use dialects::surface::Operation;

use crate::auth::Auth;
use crate::key_check::MODELS;
use crate::provider::Provider;
use crate::quirk::{Quirk, Quirks, Replay};

const SURFACES: &[Operation] = &[
    Operation::Completions,
    Operation::Embeddings,
    Operation::Moderations,
    Operation::Images,
    Operation::Speech,
    Operation::Transcription,
];

/// Thoughts have no place in its messages: some of its models answer 400 to a member that they do not know (openai/openai-node
/// issue 1161), others pass it over (microsoft/agent-framework pull request 2344). Nothing is lost that anyone would read.
const QUIRKS: &[Quirk] = &[Quirk::Replay(Replay::None)];

pub(crate) static OPENAI: Provider = Provider {
    name: "openai",
    dialects: &[Dialect::OpenAiChat, Dialect::OpenAiResponses],
    base_url: Some("https://api.openai.com/v1"),
    auth: Auth::Bearer,
    fixed_headers: &[],
    needs_key: true,
    key_variables: &["OPENAI_API_KEY"],
    // The second is the name of SDK versions before 1.0; it is still found in many deployments.
    base_url_variables: &["OPENAI_BASE_URL", "OPENAI_API_BASE"],
    key_check: Some(MODELS),
    balance: &[],
    base_url_suffix: "",
    surfaces: Some(SURFACES),
    quirks: Quirks::fixed(QUIRKS),
};
