//! Finding the account that is meant.

use std::sync::Arc;

use domain::{OrganisationId, ProjectId};
use store::{AccountError, Payer, Reach, TenancyError};

use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// The account that is meant, if it is within reach: by its number, or by the organisation or project that it is of.
pub(crate) async fn account(parts: &AdminParts, reach: &Reach, meant: &str) -> Result<Arc<Payer>, Refusal> {
    let unknown = || AccountError::Unknown(meant.to_owned());
    let is_number = meant.bytes().all(|byte| byte.is_ascii_digit());
    let found = if is_number {
        meant.parse().ok().and_then(|number| parts.accounts.payer(number))
    } else {
        let (organisation, project) = owner(parts, reach, meant).await?.ok_or_else(unknown)?;
        parts.accounts.payer_of(&organisation, project.as_ref())
    };
    Ok(found.filter(|payer| reach.holds(&payer.account.organisation)).ok_or_else(unknown)?)
}

/// An organisation by its id or name, a project by its id, or `organisation/project` by ids or names.
async fn owner(
    parts: &AdminParts,
    reach: &Reach,
    meant: &str,
) -> Result<Option<(OrganisationId, Option<ProjectId>)>, Refusal> {
    let known = |found: Result<_, TenancyError>| match found {
        Ok(found) => Ok(Some(found)),
        Err(TenancyError::Unknown { .. }) => Ok(None),
        Err(error) => Err(Refusal::from(error)),
    };
    if let Some(found) = known(parts.tenancy.organisation(reach, meant).await.map(|it| (it.id, None)))? {
        return Ok(Some(found));
    }
    if let Some((organisation, project)) = meant.split_once('/') {
        let found = parts.tenancy.project_of(reach, organisation, project).await;
        return known(found.map(|it| (it.organisation, Some(it.id))));
    }
    known(parts.tenancy.project(reach, meant).await.map(|it| (it.organisation, Some(it.id))))
}
