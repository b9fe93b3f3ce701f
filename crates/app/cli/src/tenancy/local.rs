//! Organisations, projects and users in a data directory that no server uses. Who works on it has proven himself to the
//! system, and may what the operator may.

use anyhow::Result;
use domain::KeyId;
use gateway::wall_clock;
use serde_json::{Value, json};
use store::{
    DataDir, Deed, KeyDesk, Membership, NewMember, NewOrganisation, NewToken, Organisation,
    OrganisationChange, Project, Reach, Role, TENANCY_PER_PAGE_MAX, TenancyDesk, User, UserChange, UserToken,
    Who,
};

use crate::local_store::{ACTOR, LocalStore};

/// An opened, locked data directory.
pub(super) struct LocalTenancy {
    local: LocalStore,
    desk: TenancyDesk,
}

impl LocalTenancy {
    pub(super) fn open(dir: &DataDir) -> Result<Self> {
        let local = LocalStore::open(dir)?;
        let (store, hasher) = (local.store.clone(), local.master.key_hasher());
        let open = async {
            let keys =
                KeyDesk::open(Box::new(store.clone()), hasher.clone(), domain::KEY_PREFIX_DEFAULT).await?;
            TenancyDesk::open(store, hasher, keys.directory()).await
        };
        let desk = local.runtime.block_on(open)?;
        Ok(Self { local, desk })
    }

    fn wait<T, E: Into<anyhow::Error>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T> {
        self.local.runtime.block_on(work).map_err(Into::into)
    }

    pub(super) fn create_organisation(&self, wish: NewOrganisation) -> Result<Value> {
        Ok(self.wait(self.desk.create_organisation(wish, &deed(None, None)))?.json())
    }

    pub(super) fn organisations(&self) -> Result<Vec<Value>> {
        let mut all: Vec<Organisation> = Vec::new();
        loop {
            let after = all.last().map(|last| last.id.clone());
            let page = self.desk.organisations(&Reach::All, after.as_ref(), TENANCY_PER_PAGE_MAX);
            let page = self.wait(page)?;
            if page.is_empty() {
                return Ok(all.iter().map(Organisation::json).collect());
            }
            all.extend(page);
        }
    }

    pub(super) fn organisation(&self, meant: &str) -> Result<Value> {
        Ok(self.wait(self.desk.organisation(&Reach::All, meant))?.json())
    }

    pub(super) fn change_organisation(&self, meant: &str, change: OrganisationChange) -> Result<Value> {
        let deed = deed(None, None);
        Ok(self.wait(self.desk.change_organisation(&Reach::All, meant, change, &deed))?.json())
    }

    pub(super) fn suspend_organisation(
        &self,
        meant: &str,
        is_suspended: bool,
        why: Said<'_>,
    ) -> Result<Value> {
        let deed = deed(why.0, why.1);
        Ok(self.wait(self.desk.suspend_organisation(meant, is_suspended, &deed))?.json())
    }

    pub(super) fn members(&self, meant: &str) -> Result<Vec<Value>> {
        let members = self.wait(self.desk.members(&Reach::All, meant))?;
        Ok(members.iter().map(|(member, user)| named(member, user)).collect())
    }

    pub(super) fn add_member(
        &self,
        meant: &str,
        email: &str,
        name: Option<&str>,
        role: Role,
    ) -> Result<Value> {
        let wish = NewMember { email: email.to_owned(), name: name.map(str::to_owned), role };
        let (user, member) = self.wait(self.desk.add_member(&Reach::All, meant, wish, &deed(None, None)))?;
        Ok(named(&member, &user))
    }

    pub(super) fn change_member(&self, meant: &str, user: &str, role: Role) -> Result<Value> {
        let deed = deed(None, None);
        Ok(self.wait(self.desk.change_member(&Reach::All, meant, user, role, &deed))?.json())
    }

    pub(super) fn remove_member(&self, meant: &str, user: &str) -> Result<Value> {
        Ok(self.wait(self.desk.remove_member(&Reach::All, meant, user, &deed(None, None)))?.json())
    }

    pub(super) fn create_project(&self, meant: Option<&str>, name: &str) -> Result<Value> {
        let implicit = domain::OrganisationId::implicit();
        let meant = meant.unwrap_or(implicit.as_str());
        Ok(self.wait(self.desk.create_project(&Reach::All, meant, name, &deed(None, None)))?.json())
    }

    pub(super) fn projects(&self, meant: Option<&str>) -> Result<Vec<Value>> {
        let mut all: Vec<Project> = Vec::new();
        loop {
            let after = all.last().map(|last| last.id.clone());
            let page = self.desk.projects(&Reach::All, meant, after.as_ref(), TENANCY_PER_PAGE_MAX);
            let page = self.wait(page)?;
            if page.is_empty() {
                return Ok(all.iter().map(Project::json).collect());
            }
            all.extend(page);
        }
    }

    pub(super) fn project(&self, id: &str) -> Result<Value> {
        Ok(self.wait(self.desk.project(&Reach::All, id))?.json())
    }

    pub(super) fn rename_project(&self, id: &str, name: &str) -> Result<Value> {
        Ok(self.wait(self.desk.rename_project(&Reach::All, id, name, &deed(None, None)))?.json())
    }

    pub(super) fn archive_project(&self, id: &str, with_keys: bool, why: Said<'_>) -> Result<Value> {
        let deed = deed(why.0, why.1);
        let (project, keys) = self.wait(self.desk.archive_project(&Reach::All, id, with_keys, &deed))?;
        let mut shown = project.json();
        shown["revoked_keys"] = json!(keys.iter().map(KeyId::as_str).collect::<Vec<_>>());
        Ok(shown)
    }

    pub(super) fn create_user(&self, email: &str, name: &str) -> Result<Value> {
        Ok(self.wait(self.desk.create_user(email, name, &deed(None, None)))?.json())
    }

    pub(super) fn users(&self) -> Result<Vec<Value>> {
        let mut all: Vec<User> = Vec::new();
        loop {
            let after = all.last().map(|last| last.id.clone());
            let page = self.desk.list_users(&Reach::All, after.as_ref(), TENANCY_PER_PAGE_MAX);
            let page = self.wait(page)?;
            if page.is_empty() {
                return Ok(all.iter().map(User::json).collect());
            }
            all.extend(page);
        }
    }

    pub(super) fn user(&self, meant: &str) -> Result<Value> {
        let (user, members) = self.wait(self.desk.user(&Reach::All, meant))?;
        let mut shown = user.json();
        shown["roles"] = members.iter().map(Membership::json).collect();
        Ok(shown)
    }

    pub(super) fn change_user(&self, meant: &str, change: UserChange) -> Result<Value> {
        Ok(self.wait(self.desk.change_user(meant, change, &deed(None, None)))?.json())
    }

    pub(super) fn suspend_user(&self, meant: &str, is_suspended: bool, why: Said<'_>) -> Result<Value> {
        Ok(self.wait(self.desk.suspend_user(meant, is_suspended, &deed(why.0, why.1)))?.json())
    }

    pub(super) fn create_token(&self, meant: &str, name: &str, lasts_days: Option<u32>) -> Result<Value> {
        let deed = deed(None, None);
        let end = |days: u32| domain::Timestamp(deed.at.unix_ms() + i64::from(days) * 86_400_000);
        let wish = NewToken { name: name.to_owned(), expires_at: lasts_days.map(end) };
        let issued = self.wait(self.desk.create_token(&Reach::All, meant, wish, &deed))?;
        let mut shown = issued.token.json(deed.at);
        shown["token"] = issued.secret.expose().into();
        Ok(shown)
    }

    pub(super) fn tokens(&self, meant: &str) -> Result<Vec<Value>> {
        let now = wall_clock();
        let tokens = self.wait(self.desk.tokens(&Reach::All, meant, None))?;
        Ok(tokens.iter().map(|token: &UserToken| token.json(now)).collect())
    }

    pub(super) fn revoke_token(&self, meant: &str, token: &str) -> Result<Value> {
        let deed = deed(None, None);
        let revoked = self.wait(self.desk.revoke_token(&Reach::All, meant, token, &deed))?;
        Ok(revoked.json(deed.at))
    }
}

/// Why, and who says he does it.
pub(super) type Said<'a> = (Option<&'a str>, Option<&'a str>);

fn deed(reason: Option<&str>, by: Option<&str>) -> Deed {
    let who = Who { actor: ACTOR, by: by.map(str::to_owned), request_id: None };
    Deed { who, user: None, at: wall_clock(), reason: reason.unwrap_or_default().to_owned() }
}

fn named(member: &Membership, user: &User) -> Value {
    let mut shown = member.json();
    shown["email"] = user.email.as_str().into();
    shown["name"] = user.name.as_str().into();
    shown
}
