//! For whose calls a budget or limits are: a key, a project or an organisation.

use domain::{KeyId, Kind, ProjectId};
use limits::budget::Scope;
use store::Reach;

use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// What a wish says of it: exactly one of three.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose<'w> {
    /// A key's id.
    pub(crate) key: &'w Option<String>,
    /// A project's id.
    pub(crate) project: &'w Option<String>,
    /// An organisation's id or name.
    pub(crate) organisation: &'w Option<String>,
}

impl Whose<'_> {
    /// Who is meant. `subject` is what is for them, as in "the budget is".
    pub(crate) async fn scope(
        self,
        parts: &AdminParts,
        reach: &Reach,
        subject: &str,
    ) -> Result<Scope, Refusal> {
        match (self.key, self.project, self.organisation) {
            (Some(key), None, None) => {
                let no_id = || Refusal::wrong("key", format!("{key:?} is no id of a key, such as key_…"));
                KeyId::parse(key).map(Scope::Key).ok_or_else(no_id)
            }
            (None, Some(project), None) => {
                let message = || format!("{project:?} is no id of a project, such as proj_…");
                let no_id = || Refusal::wrong("project", message());
                ProjectId::parse(project).map(Scope::Project).ok_or_else(no_id)
            }
            (None, None, Some(named)) => {
                Ok(Scope::Organisation(parts.tenancy.organisation(reach, named).await?.id))
            }
            _ => {
                let message = format!("say one of key, project and organisation: whose calls {subject} for");
                Err(Refusal::wrong("key", message))
            }
        }
    }
}

/// That there is no such key, project or organisation, or that it is somebody else's.
pub(crate) fn unknown(scope: &Scope, message: String) -> Refusal {
    let code = match scope {
        Scope::Key(_) => "key_not_found",
        Scope::Project(_) => "project_not_found",
        Scope::Organisation(_) => "organisation_not_found",
    };
    Refusal::of(Kind::UnknownPath, message).with_code(code).with_param(scope.kind())
}
