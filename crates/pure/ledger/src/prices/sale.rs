//! What was sold to whom: all that a price hangs on.

use domain::{KeyId, OrganisationId, ProjectId, Timestamp, Usage};

/// The service tier of a call that asked for none.
pub const DEFAULT_SERVICE: &str = "default";

/// One call that was served.
#[derive(Clone, Copy, Debug)]
pub struct Sale<'s> {
    /// The configured id of who served it.
    pub provider: &'s str,
    /// Its kind.
    pub kind: &'s str,
    /// The model that served, in the provider's words.
    pub model: &'s str,
    /// The model that was asked for, in the provider's words: it is priced where the one that served is in no row.
    pub asked_model: &'s str,
    /// The service tier, in the provider's words.
    pub service: &'s str,
    /// When it was served.
    pub at: Timestamp,
    /// Tokens, in parts that never overlap.
    pub usage: &'s Usage,
    /// What else was counted.
    pub units: Units,
    /// Who pays.
    pub buyer: Buyer<'s>,
}

/// What is counted beside the tokens of text and sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// Prompt tokens of pictures, where they are counted apart; not in `Usage` then.
    pub image_input: u64,
    /// Answer tokens of pictures, where they are counted apart; not in `Usage` then.
    pub image_output: u64,
    /// Pictures made.
    pub images: u64,
    /// Thousandths of a second of sound or film.
    pub milliseconds: u64,
    /// Searches and other tools that the provider ran.
    pub searches: u64,
}

/// Who pays; nobody in particular where nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Buyer<'b> {
    /// His organisation.
    pub organisation: Option<&'b OrganisationId>,
    /// His project.
    pub project: Option<&'b ProjectId>,
    /// His key.
    pub key: Option<&'b KeyId>,
}

/// What a row is looked for by.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// The configured id of a provider.
    pub provider: &'w str,
    /// Its kind.
    pub kind: &'w str,
    /// The model, in the provider's words.
    pub model: &'w str,
    /// The model that was asked for, if another.
    pub asked_model: &'w str,
    /// The service tier.
    pub service: &'w str,
    /// When.
    pub at: Timestamp,
    /// All tokens of the prompt, cached ones too.
    pub prompt_tokens: u64,
}

impl<'s> Sale<'s> {
    /// What its row is looked for by.
    pub const fn wanted(&self) -> Wanted<'s> {
        Wanted {
            provider: self.provider,
            kind: self.kind,
            model: self.model,
            asked_model: self.asked_model,
            service: self.service,
            at: self.at,
            prompt_tokens: self.usage.input_total().saturating_add(self.units.image_input),
        }
    }
}

/// The service tier that is meant: vendors have several words for having asked for none.
pub(super) fn service(text: &str) -> &str {
    match text {
        "" | "auto" | "standard" | "standard_only" | "on_demand" => DEFAULT_SERVICE,
        other => other,
    }
}
