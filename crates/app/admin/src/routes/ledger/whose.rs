//! Whose books are asked for.

use std::sync::Arc;

use domain::Kind;
use store::{AccountDesk, AccountError, Payer, Reach};

use crate::refusal::Refusal;

/// The account that is said, or the only one within reach; the operator may look at all.
pub(super) fn account_if_any(
    desk: &AccountDesk,
    reach: &Reach,
    said: Option<&str>,
) -> Result<Option<Arc<Payer>>, Refusal> {
    if let Some(number) = said {
        let found = number.parse().ok().and_then(|number| desk.payer(number));
        let found = found.filter(|payer| reach.holds(&payer.account.organisation));
        return found.map(Some).ok_or_else(|| AccountError::Unknown(number.to_owned()).into());
    }
    if *reach == Reach::All {
        return Ok(None);
    }
    match &desk.accounts(reach)[..] {
        [only] => Ok(Some(Arc::clone(only))),
        [] => Err(AccountError::Unknown(String::new()).into()),
        _ => Err(unsaid()),
    }
}

/// The same where it must be one.
pub(super) fn account(desk: &AccountDesk, reach: &Reach, said: Option<&str>) -> Result<Arc<Payer>, Refusal> {
    match account_if_any(desk, reach, said)? {
        Some(found) => Ok(found),
        None => match &desk.accounts(reach)[..] {
            [only] => Ok(Arc::clone(only)),
            _ => Err(unsaid()),
        },
    }
}

fn unsaid() -> Refusal {
    Refusal::of(Kind::BadRequest, "say of which account: account is missing").with_param("account")
}
