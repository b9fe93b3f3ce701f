//! Projects: made, renamed, archived. One that is archived has no keys and gets none.

use domain::{KeyId, OrganisationId, ProjectId};
use serde_json::{Value, json};

use super::tenancy_desk::{TENANCY_PER_PAGE_MAX, TenancyDesk, organisation};
use crate::audit;
use crate::database::AnyConnection;
use crate::random::entropy;
use crate::tenancy::deed::Deed;
use crate::tenancy::error::TenancyError;
use crate::tenancy::project::Project;
use crate::tenancy::reach::Reach;
use crate::tenancy::{sql, words};

impl TenancyDesk {
    /// Up to `count` projects within reach, in order of creation, from behind `after`; of one organisation if it is given.
    pub async fn projects(
        &self,
        reach: &Reach,
        meant: Option<&str>,
        after: Option<&ProjectId>,
        count: u32,
    ) -> Result<Vec<Project>, TenancyError> {
        let mut from = self.reading().await?;
        let of = match meant {
            Some(meant) => Some(organisation(&mut from, reach, meant).await?.id),
            None => None,
        };
        let count = count.min(TENANCY_PER_PAGE_MAX);
        Ok(sql::projects::list(&mut from, reach, of.as_ref(), after, count).await?)
    }

    /// One, by its id.
    pub async fn project(&self, reach: &Reach, id: &str) -> Result<Project, TenancyError> {
        project(&mut *self.reading().await?, reach, id).await
    }

    /// One of an organisation, each by its id or its name.
    pub async fn project_of(
        &self,
        reach: &Reach,
        meant: &str,
        project_meant: &str,
    ) -> Result<Project, TenancyError> {
        let mut from = self.reading().await?;
        let organisation = organisation(&mut from, reach, meant).await?;
        let named = sql::projects::named(&mut from, &organisation.id, project_meant).await?;
        let id = named.as_ref().map_or(project_meant, ProjectId::as_str);
        let found = project(&mut from, reach, id).await?;
        if found.organisation == organisation.id {
            Ok(found)
        } else {
            Err(TenancyError::unknown("project", project_meant))
        }
    }

    /// Makes one in an organisation, which is named by its id or its name.
    pub async fn create_project(
        &self,
        reach: &Reach,
        meant: &str,
        name: &str,
        deed: &Deed,
    ) -> Result<Project, TenancyError> {
        let name = words::name("the name of a project", name)?;
        let mut transaction = self.store.begin().await?;
        let organisation = organisation(&mut transaction, reach, meant).await?;
        if organisation.suspended_at.is_some() {
            return Err(TenancyError::Suspended(organisation.id.to_string()));
        }
        let made = Project {
            id: ProjectId::new(deed.at, entropy()),
            organisation: organisation.id,
            name,
            created_at: deed.at,
            archived_at: None,
        };
        must_be_free(&mut transaction, &made).await?;
        sql::projects::insert(&mut transaction, &made).await?;
        let entry = deed.entry(
            "project.create",
            made.id.as_str(),
            Some(&made.organisation),
            &Value::Null,
            &made.json(),
        );
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// Gives one another name.
    pub async fn rename_project(
        &self,
        reach: &Reach,
        id: &str,
        name: &str,
        deed: &Deed,
    ) -> Result<Project, TenancyError> {
        let name = words::name("the name of a project", name)?;
        let mut transaction = self.store.begin().await?;
        let before = project(&mut transaction, reach, id).await?;
        if before.archived_at.is_some() {
            return Err(TenancyError::Archived(before.id.to_string()));
        }
        let after = Project { name, ..before.clone() };
        must_be_free(&mut transaction, &after).await?;
        sql::projects::update(&mut transaction, &after).await?;
        let entry = deed.entry(
            "project.rename",
            after.id.as_str(),
            Some(&after.organisation),
            &before.json(),
            &after.json(),
        );
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        Ok(after)
    }

    /// Archives one, for good. Where it has keys that are not revoked it is refused, unless they are to be revoked with it;
    /// which they were is told.
    pub async fn archive_project(
        &self,
        reach: &Reach,
        id: &str,
        with_keys: bool,
        deed: &Deed,
    ) -> Result<(Project, Vec<KeyId>), TenancyError> {
        words::said(deed)?;
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let before = project(&mut transaction, reach, id).await?;
        if before.archived_at.is_some() {
            return Err(TenancyError::Already {
                what: "project",
                id: before.id.to_string(),
                state: "archived",
            });
        }
        if before.id == ProjectId::implicit() {
            return Err(TenancyError::AlwaysThere(before.id.to_string()));
        }
        let keys = sql::projects::live_keys(&mut transaction, &before.id).await?;
        if !keys.is_empty() && !with_keys {
            let count = i64::try_from(keys.len()).unwrap_or(i64::MAX);
            return Err(TenancyError::HasKeys { id: before.id.to_string(), keys: count });
        }
        let after = Project { archived_at: Some(deed.at), ..before.clone() };
        sql::projects::revoke_keys(&mut transaction, &before.id, deed.at).await?;
        sql::projects::update(&mut transaction, &after).await?;
        let mut told = after.json();
        told["revoked_keys"] = json!(keys.iter().map(KeyId::as_str).collect::<Vec<_>>());
        let entry = deed.entry(
            "project.archive",
            after.id.as_str(),
            Some(&after.organisation),
            &before.json(),
            &told,
        );
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.keys.archive(&after.id);
        keys.iter().for_each(|key| self.keys.revoke(key, &Reach::All));
        Ok((after, keys))
    }
}

async fn project(from: &mut AnyConnection, reach: &Reach, id: &str) -> Result<Project, TenancyError> {
    let unknown = || TenancyError::unknown("project", id);
    let parsed = ProjectId::parse(id).ok_or_else(unknown)?;
    sql::projects::find(from, reach, &parsed).await?.ok_or_else(unknown)
}

async fn must_be_free(from: &mut AnyConnection, wish: &Project) -> Result<(), TenancyError> {
    let organisation: &OrganisationId = &wish.organisation;
    match sql::projects::named(from, organisation, &wish.name).await? {
        Some(id) if id != wish.id => {
            Err(TenancyError::NameTaken { what: "project", id: id.to_string(), name: wish.name.clone() })
        }
        _ => Ok(()),
    }
}
