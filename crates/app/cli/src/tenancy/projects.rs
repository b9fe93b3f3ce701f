//! The verbs of `bellwether projects`.

use anyhow::Result;
use serde_json::{Value, json};

use super::place::Place;
use super::shown;
use crate::arguments::{DataOptions, ProjectsCommand};
use crate::pages::all;
use crate::query::path;
use crate::say::say;

const NOUN: &str = "projects";

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: ProjectsCommand) -> Result<()> {
    let place = Place::open(data)?;
    let (json, told, text): (bool, Value, fn(&Value) -> String) = match command {
        ProjectsCommand::Create { name, organisation, form } => {
            let made = match &place {
                Place::Server(server) => {
                    let wish = json!({ "name": name, "organisation": organisation });
                    server.ask("POST", &path(&[NOUN]), Some(&wish))?
                }
                Place::Directory(local) => local.create_project(organisation.as_deref(), &name)?,
            };
            (form.json, made, shown::project)
        }
        ProjectsCommand::List { organisation, form } => {
            let of = organisation.as_deref();
            let found = match &place {
                Place::Server(server) => {
                    all(NOUN, &[("organisation", of)], |path| server.ask("GET", path, None))?
                }
                Place::Directory(local) => local.projects(of)?,
            };
            (form.json, json!({ NOUN: found }), shown::projects)
        }
        ProjectsCommand::Show { project, form } => {
            let found = match &place {
                Place::Server(server) => server.ask("GET", &path(&[NOUN, &project]), None)?,
                Place::Directory(local) => local.project(&project)?,
            };
            (form.json, found, shown::project)
        }
        ProjectsCommand::Rename { project, name, form } => {
            let changed = match &place {
                Place::Server(server) => {
                    server.ask("PATCH", &path(&[NOUN, &project]), Some(&json!({ "name": name })))?
                }
                Place::Directory(local) => local.rename_project(&project, &name)?,
            };
            (form.json, changed, shown::project)
        }
        ProjectsCommand::Archive { project, revoke_keys, why } => {
            let archived = match &place {
                Place::Server(server) => {
                    let wish = json!({ "revoke_keys": revoke_keys, "reason": why.reason, "by": why.by });
                    server.ask("POST", &path(&[NOUN, &project, "archive"]), Some(&wish))?
                }
                Place::Directory(local) => {
                    let said = (why.reason.as_deref(), why.by.as_deref());
                    local.archive_project(&project, revoke_keys, said)?
                }
            };
            (why.json, archived, shown::archived)
        }
    };
    say(&if json { told.to_string() } else { text(&told) });
    Ok(())
}
