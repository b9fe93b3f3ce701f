//! Whose books are asked for.

use std::sync::Arc;

use domain::Kind;
use store::{Payer, Reach};

use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::routes::accounts;

/// The account that is said, or the only one within reach; the operator may look at all.
pub(super) async fn account_if_any(
    parts: &AdminParts,
    reach: &Reach,
    said: Option<&str>,
) -> Result<Option<Arc<Payer>>, Refusal> {
    if said.is_none() && *reach == Reach::All {
        return Ok(None);
    }
    account(parts, reach, said).await.map(Some)
}

/// The same where it must be one: by its number, or by the organisation or project that it is of.
pub(super) async fn account(
    parts: &AdminParts,
    reach: &Reach,
    said: Option<&str>,
) -> Result<Arc<Payer>, Refusal> {
    if let Some(meant) = said {
        return accounts::account(parts, reach, meant).await;
    }
    match &parts.accounts.accounts(reach)[..] {
        [only] => Ok(Arc::clone(only)),
        [] => {
            let message = "there is no account; `bellwether accounts create ORGANISATION` makes one";
            Err(Refusal::of(Kind::UnknownPath, message).with_code("account_not_found"))
        }
        several => {
            let message = format!(
                "there are {} accounts: say account, by its number, by the id or name of its organisation, or as \
                 ORGANISATION/PROJECT",
                several.len()
            );
            Err(Refusal::of(Kind::BadRequest, message).with_param("account"))
        }
    }
}
