//! What was sold to whom: all that a price hangs on.

use domain::{KeyId, OrganisationId, ProjectId, ServiceTier, Timestamp, Usage};

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
    /// When it was served.
    pub at: Timestamp,
    /// What was used, in parts that never overlap, and the service tier.
    pub usage: &'s Usage,
    /// Who pays.
    pub buyer: Buyer<'s>,
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
    pub service: ServiceTier,
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
            service: self.usage.service_tier,
            at: self.at,
            prompt_tokens: self.usage.input_total(),
        }
    }
}
