//! Users: made, changed, suspended and resumed.

use domain::UserId;
use serde_json::Value;

use super::tenancy_desk::{TENANCY_PER_PAGE_MAX, TenancyDesk};
use crate::audit;
use crate::database::{AnyConnection, Transaction};
use crate::random::entropy;
use crate::tenancy::deed::Deed;
use crate::tenancy::error::TenancyError;
use crate::tenancy::reach::Reach;
use crate::tenancy::user::{Membership, User, UserChange};
use crate::tenancy::{sql, words};

/// Most users: all of them are in memory.
pub const USERS_MAX: u32 = 100_000;

impl TenancyDesk {
    /// Up to `count` users who belong within reach, in order of creation, from behind `after`.
    pub async fn list_users(
        &self,
        reach: &Reach,
        after: Option<&UserId>,
        count: u32,
    ) -> Result<Vec<User>, TenancyError> {
        let mut from = self.reading().await?;
        Ok(sql::users::list(&mut from, reach, after, count.min(TENANCY_PER_PAGE_MAX)).await?)
    }

    /// One, by his id or his e-mail address, and what he is within reach.
    pub async fn user(&self, reach: &Reach, meant: &str) -> Result<(User, Vec<Membership>), TenancyError> {
        let mut from = self.reading().await?;
        let found = user(&mut from, reach, meant).await?;
        let members = sql::members::list(&mut from, reach, None, Some(&found.id)).await?;
        Ok((found, members))
    }

    /// Makes one who belongs nowhere yet; the operator's to do.
    pub async fn create_user(&self, email: &str, name: &str, deed: &Deed) -> Result<User, TenancyError> {
        let (email, name) = (words::email(email)?, words::name("the name of a user", name)?);
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let made = made(&mut transaction, email, name, deed).await?;
        let entry = deed.entry("user.create", made.id.as_str(), None, &Value::Null, &made.json());
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.users.put_user(&made);
        Ok(made)
    }

    /// Changes what is given of one; the operator's to do.
    pub async fn change_user(
        &self,
        meant: &str,
        change: UserChange,
        deed: &Deed,
    ) -> Result<User, TenancyError> {
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let before = user(&mut transaction, &Reach::All, meant).await?;
        let mut after = before.clone();
        if let Some(email) = &change.email {
            after.email = words::email(email)?;
        }
        if let Some(name) = &change.name {
            after.name = words::name("the name of a user", name)?;
        }
        must_be_free(&mut transaction, &after.email, Some(&after.id)).await?;
        self.keep(transaction, "user.change", &before, after, deed).await
    }

    /// Suspends one: his tokens open nothing from now on. Or resumes him. The operator's to do.
    pub async fn suspend_user(
        &self,
        meant: &str,
        is_suspended: bool,
        deed: &Deed,
    ) -> Result<User, TenancyError> {
        words::said(deed)?;
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let before = user(&mut transaction, &Reach::All, meant).await?;
        if before.suspended_at.is_some() == is_suspended {
            let state = if is_suspended { "suspended" } else { "active" };
            return Err(TenancyError::Already { what: "user", id: before.id.to_string(), state });
        }
        let after = User { suspended_at: is_suspended.then_some(deed.at), ..before.clone() };
        let action = if is_suspended { "user.suspend" } else { "user.resume" };
        self.keep(transaction, action, &before, after, deed).await
    }

    async fn keep(
        &self,
        mut transaction: Transaction,
        action: &'static str,
        before: &User,
        after: User,
        deed: &Deed,
    ) -> Result<User, TenancyError> {
        sql::users::update(&mut transaction, &after).await?;
        let entry = deed.entry(action, after.id.as_str(), None, &before.json(), &after.json());
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.users.put_user(&after);
        Ok(after)
    }
}

/// The user that is meant, by his id or his e-mail address.
pub(super) async fn user(from: &mut AnyConnection, reach: &Reach, meant: &str) -> Result<User, TenancyError> {
    let unknown = || TenancyError::unknown("user", meant);
    let id = match UserId::parse(meant) {
        Some(id) => id,
        None => {
            let email = words::email(meant).map_err(|_| unknown())?;
            sql::users::by_email(from, &email).await?.ok_or_else(unknown)?.id
        }
    };
    sql::users::find(from, reach, &id).await?.ok_or_else(unknown)
}

/// A new user, written down but not in memory yet.
pub(super) async fn made(
    to: &mut AnyConnection,
    email: String,
    name: String,
    deed: &Deed,
) -> Result<User, TenancyError> {
    must_be_free(to, &email, None).await?;
    if sql::users::count(to).await? >= i64::from(USERS_MAX) {
        return Err(TenancyError::TooMany("users", USERS_MAX));
    }
    let id = UserId::new(deed.at, entropy());
    let made = User { id, email, name, created_at: deed.at, suspended_at: None };
    sql::users::insert(to, &made).await?;
    Ok(made)
}

async fn must_be_free(
    from: &mut AnyConnection,
    email: &str,
    his: Option<&UserId>,
) -> Result<(), TenancyError> {
    match sql::users::by_email(from, email).await? {
        Some(found) if Some(&found.id) != his => {
            Err(TenancyError::EmailTaken { id: found.id.to_string(), email: email.to_owned() })
        }
        _ => Ok(()),
    }
}
