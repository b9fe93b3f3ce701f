//! What stands in a query, read with a refusal that names it.

use domain::Kind;

use crate::refusal::Refusal;

/// How a moment is written.
pub(crate) const MOMENT: &str = "a date or moment in UTC such as 2026-11-27 or 2026-11-27T09:30:00Z";

/// What is given under a name, if it is; `form` says how it must look.
pub(crate) fn read<T>(
    name: &'static str,
    given: Option<String>,
    parse: impl FnOnce(&str) -> Option<T>,
    form: &str,
) -> Result<Option<T>, Refusal> {
    let Some(given) = given else { return Ok(None) };
    let refused =
        || Refusal::of(Kind::BadRequest, format!("{name} must be {form}, not {given:?}")).with_param(name);
    parse(&given).map(Some).ok_or_else(refused)
}
