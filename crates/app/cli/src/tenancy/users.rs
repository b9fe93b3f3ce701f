//! The verbs of `bellwether users`.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use store::UserChange;

use super::place::Place;
use super::shown;
use crate::arguments::{DataOptions, TokensCommand, UsersCommand, Why};
use crate::pages::all;
use crate::query::path;
use crate::say::say;

const NOUN: &str = "users";

type Outcome = (bool, Value, fn(&Value) -> String);

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: UsersCommand) -> Result<()> {
    let place = Place::open(data)?;
    let (json, told, text): Outcome = match command {
        UsersCommand::Create { email, name, form } => {
            let made = match &place {
                Place::Server(server) => {
                    server.ask("POST", &path(&[NOUN]), Some(&json!({ "email": email, "name": name })))?
                }
                Place::Directory(local) => local.create_user(&email, &name)?,
            };
            (form.json, made, shown::user)
        }
        UsersCommand::List(form) => {
            let found = match &place {
                Place::Server(server) => all(NOUN, &[], |path| server.ask("GET", path, None))?,
                Place::Directory(local) => local.users()?,
            };
            (form.json, json!({ NOUN: found }), shown::users)
        }
        UsersCommand::Show { user, form } => {
            let found = match &place {
                Place::Server(server) => server.ask("GET", &path(&[NOUN, &user]), None)?,
                Place::Directory(local) => local.user(&user)?,
            };
            (form.json, found, shown::user)
        }
        UsersCommand::Change { user, email, name, form } => {
            let changed = match &place {
                Place::Server(server) => {
                    let wish = json!({ "email": email, "name": name });
                    server.ask("PATCH", &path(&[NOUN, &user]), Some(&wish))?
                }
                Place::Directory(local) => local.change_user(&user, UserChange { email, name })?,
            };
            (form.json, changed, shown::user)
        }
        UsersCommand::Suspend { user, why } => {
            (why.json, suspended(&place, &user, true, &why)?, shown::state)
        }
        UsersCommand::Resume { user, why } => {
            (why.json, suspended(&place, &user, false, &why)?, shown::state)
        }
        UsersCommand::Tokens(command) => tokens(&place, command)?,
        UsersCommand::Me(form) => match &place {
            Place::Server(server) => (form.json, server.ask("GET", &path(&["me"]), None)?, shown::me),
            Place::Directory(_) => {
                bail!("no server runs here: who works on the data directory is nobody's user")
            }
        },
    };
    say(&if json { told.to_string() } else { text(&told) });
    Ok(())
}

fn suspended(place: &Place, user: &str, is_suspended: bool, why: &Why) -> Result<Value> {
    match place {
        Place::Server(server) => {
            let verb = if is_suspended { "suspend" } else { "resume" };
            let wish = json!({ "reason": why.reason, "by": why.by });
            server.ask("POST", &path(&[NOUN, user, verb]), Some(&wish))
        }
        Place::Directory(local) => {
            local.suspend_user(user, is_suspended, (why.reason.as_deref(), why.by.as_deref()))
        }
    }
}

fn tokens(place: &Place, command: TokensCommand) -> Result<Outcome> {
    Ok(match command {
        TokensCommand::Create { user, name, expires_days, form } => {
            let made = match place {
                Place::Server(server) => {
                    let seconds = expires_days.map(|days| u64::from(days) * 86_400);
                    let wish = json!({ "name": name, "expires_in_seconds": seconds });
                    server.ask("POST", &path(&[NOUN, &user, "tokens"]), Some(&wish))?
                }
                Place::Directory(local) => local.create_token(&user, &name, expires_days)?,
            };
            (form.json, made, shown::issued)
        }
        TokensCommand::List { user, form } => {
            let found = match place {
                Place::Server(server) => server.ask("GET", &path(&[NOUN, &user, "tokens"]), None)?,
                Place::Directory(local) => json!({ "tokens": local.tokens(&user)? }),
            };
            (form.json, found, shown::tokens)
        }
        TokensCommand::Revoke { user, token, form } => {
            let told = match place {
                Place::Server(server) => {
                    server.ask("DELETE", &path(&[NOUN, &user, "tokens", &token]), None)?
                }
                Place::Directory(local) => local.revoke_token(&user, &token)?,
            };
            (form.json, told, shown::state)
        }
    })
}
