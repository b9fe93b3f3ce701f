//! The models that a key is for, as a wish says them.

use domain::Kind;
use serde::{Deserialize, Deserializer};
use store::KeyModels;

use crate::refusal::Refusal;

/// What was said, `null` included, which stands for all models.
#[derive(Debug)]
pub(super) struct Said(Option<Vec<String>>);

/// For a field that may be missing: what is there was said, even if it is `null`.
pub(super) fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Said>, D::Error> {
    Option::deserialize(deserializer).map(|names| Some(Said(names)))
}

impl Said {
    pub(super) fn models(self) -> Result<KeyModels, Refusal> {
        let Some(names) = self.0 else { return Ok(KeyModels::ANY) };
        KeyModels::only(names).map_err(|why| {
            let message = format!("{why}; give names of models, or null for all");
            Refusal::of(Kind::BadRequest, message).with_param("models")
        })
    }
}
