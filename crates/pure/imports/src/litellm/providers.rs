//! Deployments gathered by where they lead: one provider for each address and key.

use providers::Provider as Kind;

use super::deployment::{ANY, Deployment};
use super::keys::Key;
use super::sources::Variables;
use crate::draft::DraftProvider;
use crate::ids::{free, provider_id, variable};
use crate::imported::Imported;

/// One provider in the making, and what makes it another than the next.
struct Made {
    kind: &'static Kind,
    base_url: Option<String>,
    key: Key,
    is_open: bool,
    /// Its place in the draft.
    place: usize,
}

/// Makes the providers of the deployments; returns for each deployment the id of its provider, if it got one.
pub(super) fn gather(
    deployments: &[Deployment],
    variables: &Variables<'_>,
    imported: &mut Imported,
) -> Vec<Option<String>> {
    let mut made: Vec<Made> = Vec::new();
    let mut ids = vec![None; deployments.len()];
    // Those that take any model come first: callers know them by their names.
    let (mut open, listed): (Vec<usize>, Vec<usize>) =
        (0..deployments.len()).partition(|at| is_wild(&deployments[*at]));
    // Names that nobody is known to serve go to the first of them: LiteLLM sends those to `*`.
    open.sort_by_key(|at| deployments[*at].group != ANY);
    for at in open.into_iter().chain(listed) {
        let deployment = &deployments[at];
        ids[at] = if is_wild(deployment) {
            open_provider(deployment, &mut made, variables, imported)
        } else {
            Some(listed_provider(deployment, &mut made, variables, imported))
        };
    }
    ids
}

/// Whether it takes names that are not written out.
pub(super) fn is_wild(deployment: &Deployment) -> bool {
    deployment.group.contains(ANY) || deployment.model.contains(ANY)
}

/// A provider without a list of models: `name/*` and `*` are what it is here.
fn open_provider(
    deployment: &Deployment,
    made: &mut Vec<Made>,
    variables: &Variables<'_>,
    imported: &mut Imported,
) -> Option<String> {
    let about = &deployment.about;
    let lead = match deployment.group.strip_suffix(ANY) {
        Some("") => Some(deployment.vendor.to_owned()),
        Some(lead) => lead.strip_suffix('/').map(str::to_owned),
        None => None,
    };
    let id = lead.filter(|lead| provider_id(lead).as_deref() == Some(lead) && deployment.model == ANY);
    let Some(id) = id else {
        let advice = "list the models under models of the provider";
        imported.report.lost(about, "only name/* and * stand for any model here", Some(advice));
        return None;
    };
    let known = made.iter().find(|known| imported.draft.providers[known.place].id == id);
    match known {
        Some(known) if !is_at(known, deployment) => {
            let said = format!("another provider is called {id} already");
            imported.report.lost(about, said, Some("give it a name of its own"));
            return None;
        }
        Some(known) => {
            let place = known.place;
            let reference = credential(deployment, &id, variables, imported);
            let given = imported.draft.providers[place].credentials.iter().flatten();
            let is_known = |reference: &String| given.clone().any(|it| imported.is_same(it, reference));
            let reference = reference.filter(|reference| !is_known(reference));
            if let (Some(credentials), Some(reference)) =
                (&mut imported.draft.providers[place].credentials, reference)
            {
                credentials.push(reference);
            }
            imported.report.changed(about, format!("its key is another credential of {id}"), None);
        }
        None => {
            make(deployment, &id, true, made, variables, imported);
            let said = format!("provider {id} takes any model, also by its bare name");
            imported.report.changed(about, said, None);
        }
    }
    Some(id)
}

fn listed_provider(
    deployment: &Deployment,
    made: &mut Vec<Made>,
    variables: &Variables<'_>,
    imported: &mut Imported,
) -> String {
    let known = made.iter().find(|known| is_at(known, deployment) && known.key == deployment.key);
    let place = match known {
        Some(known) => known.place,
        None => {
            let wanted = wanted_id(deployment);
            let is_taken = |id: &str| imported.draft.providers.iter().any(|provider| provider.id == id);
            let id = free(&wanted, '-', &is_taken);
            make(deployment, &id, false, made, variables, imported)
        }
    };
    let is_open = made.iter().any(|known| known.place == place && known.is_open);
    let provider = &mut imported.draft.providers[place];
    if !is_open {
        let models = provider.models.get_or_insert_default();
        if !models.contains(&deployment.model) {
            models.push(deployment.model.clone());
        }
    }
    let id = provider.id.clone();
    imported.report.carried(&deployment.about, format!("target {id}/{}", deployment.model));
    id
}

fn is_at(known: &Made, deployment: &Deployment) -> bool {
    known.kind.name == deployment.kind.name && known.base_url == deployment.base_url
}

/// The kind's own name; for a kind without one, LiteLLM's word for it or the host.
fn wanted_id(deployment: &Deployment) -> String {
    let kind = deployment.kind;
    if kind.name != providers::COMPATIBLE.name {
        return kind.name.to_owned();
    }
    if !deployment.has_own_address {
        return provider_id(deployment.vendor).unwrap_or_else(|| kind.name.to_owned());
    }
    let url = deployment.base_url.as_deref().and_then(|url| domain::BaseUrl::parse(url).ok());
    let host =
        url.as_ref().and_then(|url| provider_id(url.host().strip_prefix("api.").unwrap_or(url.host())));
    host.unwrap_or_else(|| kind.name.to_owned())
}

fn make(
    deployment: &Deployment,
    id: &str,
    is_open: bool,
    made: &mut Vec<Made>,
    variables: &Variables<'_>,
    imported: &mut Imported,
) -> usize {
    let place = imported.draft.providers.len();
    let kind = deployment.kind;
    let reference = credential(deployment, id, variables, imported);
    imported.draft.providers.push(DraftProvider {
        id: id.to_owned(),
        kind,
        base_url: deployment.base_url.clone(),
        credentials: Some(reference.into_iter().collect()),
        proxy: None,
        models: None,
    });
    made.push(Made {
        kind,
        base_url: deployment.base_url.clone(),
        key: deployment.key.clone(),
        is_open,
        place,
    });
    place
}

/// The reference to the key; what it took to get one is told.
fn credential(
    deployment: &Deployment,
    id: &str,
    variables: &Variables<'_>,
    imported: &mut Imported,
) -> Option<String> {
    let about = &deployment.key_about;
    match &deployment.key {
        Key::Placeholder => None,
        Key::Unsaid => {
            unsaid(deployment, imported);
            None
        }
        Key::Unknown => {
            let said = format!("the key is no single word; provider {id} sends none");
            imported.report.lost(about, said, Some("write credentials: [\"env:NAME\"]"));
            None
        }
        Key::Variable(name) => {
            if let Some(text) = variables.in_file(name).filter(|text| crate::ids::is_credential(text.trim()))
                && !imported.secrets.iter().any(|carried| carried.variable == *name)
            {
                imported.keep(name, domain::Secret::new(text.trim().to_owned()));
            }
            Some(format!("env:{name}"))
        }
        Key::Plain(secret) => {
            let same = imported.secrets.iter().find(|carried| carried.secret == *secret);
            let name = match same {
                Some(same) => same.variable.clone(),
                None => imported.keep(&variable("LITELLM", id, "KEY"), secret.clone()),
            };
            let said = format!("a key stood in the file as plain text; it is taken from the variable {name}");
            imported.report.changed(
                about,
                said,
                Some("the file of variables that is written beside the configuration sets it"),
            );
            Some(format!("env:{name}"))
        }
    }
}

/// Where LiteLLM would send a vendor's key to an address of the operator's own, no key is sent.
fn unsaid(deployment: &Deployment, imported: &mut Imported) {
    if let Some(name) = deployment.spoken.key_variable.filter(|_| deployment.spoken.kind.needs_key) {
        let said = format!("no key is sent to this address; LiteLLM would send that of {name}");
        let advice = format!("if it is meant to have it, write credentials: [\"env:{name}\"]");
        imported.report.changed(&deployment.about, said, Some(&advice));
    }
}
