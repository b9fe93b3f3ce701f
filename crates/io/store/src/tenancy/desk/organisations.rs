//! Organisations: made, renamed, suspended and resumed.

use std::collections::BTreeMap;

use domain::OrganisationId;
use serde_json::Value;

use super::tenancy_desk::{TENANCY_PER_PAGE_MAX, TenancyDesk, organisation};
use crate::audit;
use crate::database::AnyConnection;
use crate::random::entropy;
use crate::tenancy::deed::Deed;
use crate::tenancy::error::TenancyError;
use crate::tenancy::organisation::{Organisation, OrganisationChange};
use crate::tenancy::reach::Reach;
use crate::tenancy::{sql, words};

/// An organisation somebody wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewOrganisation {
    /// What it is called.
    pub name: String,
    /// What it is called before people, where that is something else.
    pub display_name: Option<String>,
    /// What its operator has noted.
    pub tags: BTreeMap<String, String>,
}

impl TenancyDesk {
    /// Up to `count` organisations within reach, in order of creation, from behind `after`.
    pub async fn organisations(
        &self,
        reach: &Reach,
        after: Option<&OrganisationId>,
        count: u32,
    ) -> Result<Vec<Organisation>, TenancyError> {
        let mut from = self.reading().await?;
        Ok(sql::organisations::list(&mut from, reach, after, count.min(TENANCY_PER_PAGE_MAX)).await?)
    }

    /// One, by its id or its name.
    pub async fn organisation(&self, reach: &Reach, meant: &str) -> Result<Organisation, TenancyError> {
        organisation(&mut *self.reading().await?, reach, meant).await
    }

    /// Makes one; the operator's to do.
    pub async fn create_organisation(
        &self,
        wish: NewOrganisation,
        deed: &Deed,
    ) -> Result<Organisation, TenancyError> {
        let made = Organisation {
            id: OrganisationId::new(deed.at, entropy()),
            name: words::name("the name of an organisation", &wish.name)?,
            display_name: wish.display_name.as_deref().map(display_name).transpose()?.flatten(),
            created_at: deed.at,
            suspended_at: None,
            tags: words::tags(wish.tags)?,
        };
        let mut transaction = self.store.begin().await?;
        must_be_free(&mut transaction, &made).await?;
        sql::organisations::insert(&mut transaction, &made).await?;
        let entry =
            deed.entry("organisation.create", made.id.as_str(), Some(&made.id), &Value::Null, &made.json());
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// Changes what is given of one.
    pub async fn change_organisation(
        &self,
        reach: &Reach,
        meant: &str,
        change: OrganisationChange,
        deed: &Deed,
    ) -> Result<Organisation, TenancyError> {
        let mut transaction = self.store.begin().await?;
        let before = organisation(&mut transaction, reach, meant).await?;
        let mut after = before.clone();
        if let Some(name) = &change.name {
            after.name = words::name("the name of an organisation", name)?;
        }
        if let Some(name) = &change.display_name {
            after.display_name = display_name(name)?;
        }
        if let Some(tags) = change.tags {
            after.tags = words::tags(tags)?;
        }
        must_be_free(&mut transaction, &after).await?;
        sql::organisations::update(&mut transaction, &after).await?;
        let entry = deed.entry(
            "organisation.change",
            after.id.as_str(),
            Some(&after.id),
            &before.json(),
            &after.json(),
        );
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        Ok(after)
    }

    /// Suspends one: its keys are refused from now on, and nothing of it is changed but by the operator. Or resumes it.
    pub async fn suspend_organisation(
        &self,
        meant: &str,
        is_suspended: bool,
        deed: &Deed,
    ) -> Result<Organisation, TenancyError> {
        words::said(deed)?;
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let before = organisation(&mut transaction, &Reach::All, meant).await?;
        if before.suspended_at.is_some() == is_suspended {
            let state = if is_suspended { "suspended" } else { "active" };
            return Err(TenancyError::Already { what: "organisation", id: before.id.to_string(), state });
        }
        let after = Organisation { suspended_at: is_suspended.then_some(deed.at), ..before.clone() };
        sql::organisations::update(&mut transaction, &after).await?;
        let action = if is_suspended { "organisation.suspend" } else { "organisation.resume" };
        let entry = deed.entry(action, after.id.as_str(), Some(&after.id), &before.json(), &after.json());
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.users.suspend_organisation(&after.id, after.suspended_at);
        self.keys.suspend(&after.id, is_suspended);
        Ok(after)
    }
}

/// Nothing said is none.
fn display_name(wish: &str) -> Result<Option<String>, TenancyError> {
    if wish.trim().is_empty() { Ok(None) } else { words::name("a display name", wish).map(Some) }
}

async fn must_be_free(from: &mut AnyConnection, wish: &Organisation) -> Result<(), TenancyError> {
    match sql::organisations::named(from, &wish.name).await? {
        Some(id) if id != wish.id => {
            Err(TenancyError::NameTaken { what: "organisation", id: id.to_string(), name: wish.name.clone() })
        }
        _ => Ok(()),
    }
}
