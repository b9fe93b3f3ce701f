//! The desk: checks a wish, changes the database in one transaction with its audit entry, then what is in memory. Control
//! side only.

use std::sync::Arc;

use domain::{OrganisationId, UserId};
use tokio::sync::Mutex;

use crate::database::{AnyConnection, Database, Leased};
use crate::error::StoreError;
use crate::keys::{KeyDirectory, KeyHasher};
use crate::tenancy::directory::UserDirectory;
use crate::tenancy::error::TenancyError;
use crate::tenancy::organisation::Organisation;
use crate::tenancy::reach::Reach;
use crate::tenancy::role::Role;
use crate::tenancy::sql;

/// Most things in one answer.
pub const TENANCY_PER_PAGE_MAX: u32 = 1000;

/// Changes whose everything is.
pub struct TenancyDesk {
    pub(super) store: Database,
    pub(super) users: Arc<UserDirectory>,
    pub(super) keys: Arc<KeyDirectory>,
    /// Held from a change in the database to the same in memory: of two at once, both end with the later.
    pub(super) changing: Mutex<()>,
}

impl TenancyDesk {
    /// Reads all users into memory and opens the desk. Keys of organisations that are suspended are refused from here on.
    pub async fn open(
        store: Database,
        hasher: KeyHasher,
        keys: Arc<KeyDirectory>,
    ) -> Result<Self, StoreError> {
        let users = Arc::new(UserDirectory::new(hasher));
        let desk = Self { store, users, keys, changing: Mutex::new(()) };
        desk.load().await.map_err(|error| match error {
            TenancyError::Store(error) => error,
            other => StoreError::Damaged { what: "tenancy", found: other.to_string() },
        })?;
        Ok(desk)
    }

    /// Who may come into the admin API.
    pub fn users(&self) -> Arc<UserDirectory> {
        Arc::clone(&self.users)
    }

    async fn load(&self) -> Result<(), TenancyError> {
        let mut from = self.reading().await?;
        let mut after: Option<OrganisationId> = None;
        loop {
            let page = sql::organisations::list(&mut from, &Reach::All, after.as_ref(), TENANCY_PER_PAGE_MAX)
                .await?;
            for organisation in page.iter().filter(|organisation| organisation.suspended_at.is_some()) {
                self.users.suspend_organisation(&organisation.id, organisation.suspended_at);
                self.keys.suspend(&organisation.id, true);
            }
            match page.last() {
                Some(last) if page.len() == TENANCY_PER_PAGE_MAX as usize => after = Some(last.id.clone()),
                _ => break,
            }
        }
        let mut after: Option<UserId> = None;
        loop {
            let page = sql::users::list(&mut from, &Reach::All, after.as_ref(), TENANCY_PER_PAGE_MAX).await?;
            page.iter().for_each(|user| self.users.put_user(user));
            match page.last() {
                Some(last) if page.len() == TENANCY_PER_PAGE_MAX as usize => after = Some(last.id.clone()),
                _ => break,
            }
        }
        for member in sql::members::list(&mut from, &Reach::All, None, None).await? {
            self.users.put_member(&member);
        }
        for token in sql::tokens::list(&mut from, None).await? {
            self.users.put_token(&token);
        }
        Ok(())
    }

    pub(super) async fn reading(&self) -> Result<Leased, TenancyError> {
        Ok(self.store.pool.acquire().await?)
    }
}

/// The organisation that is meant, by its id or its name.
pub(super) async fn organisation(
    from: &mut AnyConnection,
    reach: &Reach,
    meant: &str,
) -> Result<Organisation, TenancyError> {
    let unknown = || TenancyError::unknown("organisation", meant);
    let mut found = None;
    if let Some(id) = OrganisationId::parse(meant) {
        found = sql::organisations::find(from, reach, &id).await?;
    }
    if found.is_none()
        && let Some(id) = sql::organisations::named(from, meant).await?
    {
        found = sql::organisations::find(from, reach, &id).await?;
    }
    found.ok_or_else(unknown)
}

/// What whoever asks is in an organisation; `None` is the operator, who is above all.
pub(super) async fn my_role(
    from: &mut AnyConnection,
    user: Option<&UserId>,
    organisation: &OrganisationId,
) -> Result<Option<Role>, TenancyError> {
    let Some(user) = user else { return Ok(None) };
    let member = sql::members::find(from, organisation, user).await?;
    let member = member.ok_or_else(|| TenancyError::unknown("organisation", organisation.as_str()))?;
    Ok(Some(member.role))
}

/// Whether he may make somebody this, or take it from him.
pub(super) fn must_govern(mine: Option<Role>, theirs: Role) -> Result<(), TenancyError> {
    match mine {
        Some(mine) if !mine.governs(theirs) => Err(TenancyError::BeyondRole { mine, theirs }),
        _ => Ok(()),
    }
}

impl std::fmt::Debug for TenancyDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenancyDesk").finish_non_exhaustive()
    }
}
