//! Providers that nobody configured: made from variables that are often set already. Only names of the catalogue
//! count, and pairs `X_API_KEY` (or `X_API_KEY_FILE`) with `X_BASE_URL`; a lone key of a stranger means nothing to us.

use std::collections::HashSet;

use domain::BaseUrl;
use providers::Provider as Kind;

use super::base_url;
use super::label::label_flaw;
use super::providers::{Line, Origin, Provider};
use super::way_out::WayOut;
use crate::problem::Report;
use crate::secret_source::{Credential, FILE_ENDING, first_held};
use crate::sources::Sources;

const KEY_ENDING: &str = "_API_KEY";
const BASE_URL_ENDING: &str = "_BASE_URL";
/// Our own variables are not a provider's.
const OURS: &str = "BELLWETHER";

/// Providers of the environment: those of the catalogue in its order, then pairs by name. A provider of the file goes
/// before one of the same name or the same variable.
pub(crate) fn check(
    of_file: &[Provider],
    used_variables: &HashSet<String>,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Vec<Provider> {
    let is_taken = |id: &str| of_file.iter().any(|provider| provider.id == id);
    let is_used = |name: &str| used_variables.contains(name);
    let mut found = Vec::new();
    for kind in providers::all() {
        if !is_taken(kind.name) && !kind.key_variables.iter().any(|name| is_used(name)) {
            found.extend(of_catalogue(kind, sources, report));
        }
    }
    for name in pair_names(sources) {
        let id = name.to_lowercase().replace('_', "-");
        let key_variable = format!("{name}{KEY_ENDING}");
        let is_new = !is_taken(&id) && found.iter().all(|provider| provider.id != id);
        if is_new && label_flaw(&id).is_none() && !is_used(&key_variable) {
            found.extend(of_pair(id, &key_variable, &format!("{name}{BASE_URL_ENDING}"), sources, report));
        }
    }
    found
}

fn of_catalogue(kind: &'static Kind, sources: &Sources<'_>, report: &mut Report) -> Option<Provider> {
    let key = first_held(kind.key_variables, sources, report);
    let has_no_key = matches!(key, Ok(None));
    let base_url = match sources.first_variable(kind.base_url_variables) {
        Some((name, text)) => base_url::parse_variable(kind, name, &text, report)?,
        // A server that people run themselves is there only if they say where.
        None if has_no_key || !kind.needs_key => return None,
        None => match kind.base_url {
            Some(text) => BaseUrl::parse(text).expect("a test parses every base URL of the catalogue"),
            None => {
                let (key, url) = (kind.key_variables.first()?, kind.base_url_variables.first()?);
                report.note(format!("{key} makes no provider without {url}: say where it is"));
                return None;
            }
        },
    };
    let line = Line::new(base_url, None, WayOut::default(), sources, report);
    Some(provider(kind.name.to_owned(), kind, line, key.ok()?))
}

fn of_pair(
    id: String,
    key_variable: &str,
    url_variable: &str,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Option<Provider> {
    let kind = &providers::COMPATIBLE;
    let base_url = base_url::parse_variable(kind, url_variable, &sources.variable(url_variable)?, report);
    let credential = first_held(&[key_variable], sources, report).ok()??;
    let line = Line::new(base_url?, None, WayOut::default(), sources, report);
    Some(provider(id, kind, line, Some(credential)))
}

fn provider(id: String, kind: &'static Kind, line: Line, credential: Option<Credential>) -> Provider {
    let credentials = credential.into_iter().collect();
    Provider { credentials, ..Provider::of_kind(id, kind, vec![line], Origin::Environment) }
}

/// `X` of every pair that the catalogue does not claim, in the order of the alphabet.
fn pair_names<'s>(sources: &'s Sources<'_>) -> Vec<&'s str> {
    let is_claimed = |variable: &str| {
        providers::all()
            .iter()
            .any(|kind| kind.key_variables.contains(&variable) || kind.base_url_variables.contains(&variable))
    };
    let mut names: Vec<&str> = sources
        .env_names
        .iter()
        .filter(|variable| !is_claimed(variable.strip_suffix(FILE_ENDING).unwrap_or(variable)))
        .filter_map(|variable| {
            variable.strip_suffix(FILE_ENDING).unwrap_or(variable).strip_suffix(KEY_ENDING)
        })
        .filter(|name| !name.is_empty() && !name.starts_with(OURS))
        .filter(|name| {
            let url_variable = format!("{name}{BASE_URL_ENDING}");
            !is_claimed(&url_variable) && sources.variable(&url_variable).is_some()
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
