//! How much of each measure somebody may have, as wishes say it.

use limits::rate::{Measure, TermsError};
use serde_json::Value;

/// What is said of measures; the first that cannot be is named.
pub(crate) fn amounts<'v>(
    said: impl IntoIterator<Item = (Measure, &'v Option<Value>)>,
) -> Result<Vec<(Measure, u64)>, TermsError> {
    let mut amounts = Vec::new();
    for (measure, said) in said {
        let amount = count(measure.name(), measure.amount_max(), said.as_ref())?;
        amounts.extend(amount.map(|amount| (measure, amount)));
    }
    Ok(amounts)
}

/// A whole number, however wrong the one is that stands there.
pub(crate) fn count(field: &'static str, most: u64, said: Option<&Value>) -> Result<Option<u64>, TermsError> {
    let Some(said) = said else { return Ok(None) };
    let wrong = || TermsError {
        field,
        message: format!("{field} is {said}; it must be a whole number from 1 to {most}"),
    };
    said.as_u64().map(Some).ok_or_else(wrong)
}
