//! The verbs of `bellwether orgs`.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};
use store::{NewOrganisation, OrganisationChange, Role};

use super::place::Place;
use super::shown;
use crate::arguments::{DataOptions, MembersCommand, OrgsCommand, RoleWord, Why};
use crate::pages::all;
use crate::query::path;
use crate::say::say;

const NOUN: &str = "organisations";

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: OrgsCommand) -> Result<()> {
    let place = Place::open(data)?;
    let (json, told, text): (bool, Value, fn(&Value) -> String) = match command {
        OrgsCommand::Create { name, display_name, tags, form } => {
            let tags: BTreeMap<_, _> = tags.into_iter().collect();
            let wish = NewOrganisation { name, display_name, tags };
            (form.json, create(&place, wish)?, shown::organisation)
        }
        OrgsCommand::List(form) => {
            let found = match &place {
                Place::Server(server) => all(NOUN, &[], |path| server.ask("GET", path, None))?,
                Place::Directory(local) => local.organisations()?,
            };
            (form.json, json!({ NOUN: found }), shown::organisations)
        }
        OrgsCommand::Show { organisation, form } => {
            let found = match &place {
                Place::Server(server) => server.ask("GET", &path(&[NOUN, &organisation]), None)?,
                Place::Directory(local) => local.organisation(&organisation)?,
            };
            (form.json, found, shown::organisation)
        }
        OrgsCommand::Change { organisation, name, display_name, tags, no_tags, form } => {
            let tags = (no_tags || !tags.is_empty()).then(|| tags.into_iter().collect());
            let change = OrganisationChange { name, display_name, tags };
            (form.json, changed(&place, &organisation, change)?, shown::organisation)
        }
        OrgsCommand::Suspend { organisation, why } => {
            (why.json, suspended(&place, &organisation, true, &why)?, shown::state)
        }
        OrgsCommand::Resume { organisation, why } => {
            (why.json, suspended(&place, &organisation, false, &why)?, shown::state)
        }
        OrgsCommand::Members(command) => members(&place, command)?,
    };
    say(&if json { told.to_string() } else { text(&told) });
    Ok(())
}

fn create(place: &Place, wish: NewOrganisation) -> Result<Value> {
    match place {
        Place::Server(server) => {
            let wish = json!({ "name": wish.name, "display_name": wish.display_name, "tags": wish.tags });
            server.ask("POST", &path(&[NOUN]), Some(&wish))
        }
        Place::Directory(local) => local.create_organisation(wish),
    }
}

fn changed(place: &Place, organisation: &str, change: OrganisationChange) -> Result<Value> {
    match place {
        Place::Server(server) => {
            let OrganisationChange { name, display_name, tags } = change;
            let wish = json!({ "name": name, "display_name": display_name, "tags": tags });
            server.ask("PATCH", &path(&[NOUN, organisation]), Some(&wish))
        }
        Place::Directory(local) => local.change_organisation(organisation, change),
    }
}

fn suspended(place: &Place, organisation: &str, is_suspended: bool, why: &Why) -> Result<Value> {
    match place {
        Place::Server(server) => {
            let verb = if is_suspended { "suspend" } else { "resume" };
            let wish = json!({ "reason": why.reason, "by": why.by });
            server.ask("POST", &path(&[NOUN, organisation, verb]), Some(&wish))
        }
        Place::Directory(local) => {
            local.suspend_organisation(organisation, is_suspended, (why.reason.as_deref(), why.by.as_deref()))
        }
    }
}

type Outcome = (bool, Value, fn(&Value) -> String);

fn members(place: &Place, command: MembersCommand) -> Result<Outcome> {
    Ok(match command {
        MembersCommand::List { organisation, form } => {
            let found = match place {
                Place::Server(server) => server.ask("GET", &path(&[NOUN, &organisation, "members"]), None)?,
                Place::Directory(local) => json!({ "members": local.members(&organisation)? }),
            };
            (form.json, found, shown::members)
        }
        MembersCommand::Add { organisation, email, name, role, form } => {
            let role = as_role(role);
            let told = match place {
                Place::Server(server) => {
                    let wish = json!({ "email": email, "name": name, "role": role.name() });
                    server.ask("POST", &path(&[NOUN, &organisation, "members"]), Some(&wish))?
                }
                Place::Directory(local) => local.add_member(&organisation, &email, name.as_deref(), role)?,
            };
            (form.json, told, shown::member)
        }
        MembersCommand::Change { organisation, user, role, form } => {
            let role = as_role(role);
            let told = match place {
                Place::Server(server) => {
                    let wish = json!({ "role": role.name() });
                    server.ask("PATCH", &path(&[NOUN, &organisation, "members", &user]), Some(&wish))?
                }
                Place::Directory(local) => local.change_member(&organisation, &user, role)?,
            };
            (form.json, told, shown::member)
        }
        MembersCommand::Remove { organisation, user, form } => {
            let told = match place {
                Place::Server(server) => {
                    server.ask("DELETE", &path(&[NOUN, &organisation, "members", &user]), None)?
                }
                Place::Directory(local) => local.remove_member(&organisation, &user)?,
            };
            (form.json, told, shown::removed_member)
        }
    })
}

const fn as_role(word: RoleWord) -> Role {
    match word {
        RoleWord::Owner => Role::Owner,
        RoleWord::Admin => Role::Admin,
        RoleWord::Member => Role::Member,
        RoleWord::Viewer => Role::Viewer,
        RoleWord::Billing => Role::Billing,
    }
}
