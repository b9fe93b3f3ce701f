//! Who belongs to an organisation as what. How far whoever asks may go is decided here, by his own role there as it is when
//! the change is made.

use domain::{OrganisationId, UserId};
use serde_json::Value;

use super::tenancy_desk::{TenancyDesk, must_govern, my_role, organisation};
use super::users;
use crate::audit;
use crate::database::AnyConnection;
use crate::tenancy::deed::Deed;
use crate::tenancy::error::TenancyError;
use crate::tenancy::reach::Reach;
use crate::tenancy::role::Role;
use crate::tenancy::user::{Membership, User};
use crate::tenancy::{sql, words};

/// Somebody who is to belong to an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// Who; made if nobody has this address yet.
    pub email: String,
    /// What he is called, if he is made; else his address.
    pub name: Option<String>,
    /// What he is to be.
    pub role: Role,
}

impl TenancyDesk {
    /// Who belongs to an organisation, in the order of the users' ids.
    pub async fn members(&self, reach: &Reach, meant: &str) -> Result<Vec<(Membership, User)>, TenancyError> {
        let mut from = self.reading().await?;
        let of = organisation(&mut from, reach, meant).await?.id;
        let members = sql::members::list(&mut from, reach, Some(&of), None).await?;
        let with_user = |member: Membership| self.users.user(&member.user).map(|user| (member, user));
        Ok(members.into_iter().filter_map(with_user).collect())
    }

    /// Has somebody belong to an organisation.
    pub async fn add_member(
        &self,
        reach: &Reach,
        meant: &str,
        wish: NewMember,
        deed: &Deed,
    ) -> Result<(User, Membership), TenancyError> {
        let email = words::email(&wish.email)?;
        let name = words::name(
            "the name of a user",
            wish.name.as_deref().unwrap_or(&email[..email.len().min(100)]),
        )?;
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let organisation = organisation(&mut transaction, reach, meant).await?.id;
        must_govern(my_role(&mut transaction, deed.user.as_ref(), &organisation).await?, wish.role)?;
        let user = match sql::users::by_email(&mut transaction, &email).await? {
            Some(found) => found,
            None => {
                let made = users::made(&mut transaction, email.clone(), name, deed).await?;
                let entry = deed.entry(
                    "user.create",
                    made.id.as_str(),
                    Some(&organisation),
                    &Value::Null,
                    &made.json(),
                );
                audit::write(&mut transaction, &entry).await?;
                made
            }
        };
        if let Some(found) = sql::members::find(&mut transaction, &organisation, &user.id).await? {
            return Err(TenancyError::MemberAlready {
                email,
                role: found.role,
                organisation: organisation.to_string(),
            });
        }
        let member = Membership { organisation, user: user.id.clone(), role: wish.role, since: deed.at };
        sql::members::put(&mut transaction, &member).await?;
        let entry = deed.entry(
            "member.add",
            &subject(&member),
            Some(&member.organisation),
            &Value::Null,
            &member.json(),
        );
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.users.put_user(&user);
        self.users.put_member(&member);
        Ok((user, member))
    }

    /// Gives a member another role.
    pub async fn change_member(
        &self,
        reach: &Reach,
        meant: &str,
        user: &str,
        role: Role,
        deed: &Deed,
    ) -> Result<Membership, TenancyError> {
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let before = member(&mut transaction, reach, meant, user).await?;
        let mine = my_role(&mut transaction, deed.user.as_ref(), &before.organisation).await?;
        must_govern(mine, before.role)?;
        must_govern(mine, role)?;
        if before.role == role {
            let id = subject(&before);
            return Err(TenancyError::Already { what: "member", id, state: role.name() });
        }
        must_not_be_last_owner(&mut transaction, &before).await?;
        let after = Membership { role, ..before.clone() };
        sql::members::put(&mut transaction, &after).await?;
        let entry = deed.entry(
            "member.change",
            &subject(&after),
            Some(&after.organisation),
            &before.json(),
            &after.json(),
        );
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.users.put_member(&after);
        Ok(after)
    }

    /// Has a member belong to an organisation no more. The user stays, and his tokens with what he is elsewhere.
    pub async fn remove_member(
        &self,
        reach: &Reach,
        meant: &str,
        user: &str,
        deed: &Deed,
    ) -> Result<Membership, TenancyError> {
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let before = member(&mut transaction, reach, meant, user).await?;
        let mine = my_role(&mut transaction, deed.user.as_ref(), &before.organisation).await?;
        must_govern(mine, before.role)?;
        must_not_be_last_owner(&mut transaction, &before).await?;
        sql::members::remove(&mut transaction, &before.organisation, &before.user).await?;
        let entry = deed.entry(
            "member.remove",
            &subject(&before),
            Some(&before.organisation),
            &before.json(),
            &Value::Null,
        );
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.users.remove_member(&before.organisation, &before.user);
        Ok(before)
    }
}

fn subject(member: &Membership) -> String {
    format!("{} of {}", member.user, member.organisation)
}

async fn member(
    from: &mut AnyConnection,
    reach: &Reach,
    meant: &str,
    user: &str,
) -> Result<Membership, TenancyError> {
    let organisation: OrganisationId = organisation(from, reach, meant).await?.id;
    let unknown = || TenancyError::unknown("member", user);
    let id = match UserId::parse(user) {
        Some(id) => id,
        None => users::user(from, reach, user).await.map_err(|_| unknown())?.id,
    };
    sql::members::find(from, &organisation, &id).await?.ok_or_else(unknown)
}

/// An organisation that has an owner keeps one.
async fn must_not_be_last_owner(from: &mut AnyConnection, member: &Membership) -> Result<(), TenancyError> {
    if member.role == Role::Owner && sql::members::owners(from, &member.organisation).await? <= 1 {
        return Err(TenancyError::LastOwner(member.organisation.to_string()));
    }
    Ok(())
}
