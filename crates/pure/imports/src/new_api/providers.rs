//! Channels as providers: each its own, for each has its own address, keys and models.

use domain::{BaseUrl, ProxyUrl, Secret};
use providers::foreign::{Spoken, plan};

use super::channel::{Channel, keys};
use super::tables::Row;
use crate::draft::DraftProvider;
use crate::ids::{free, provider_id};
use crate::imported::Imported;

/// Most models of one provider, and most credentials.
const MODELS_MAX: usize = 10_000;
const CREDENTIALS_MAX: usize = 1000;
/// What an address of a whole request ends with.
const REQUEST_PATH: &str = "/chat/completions";
const GROUP_DEFAULT: &str = "default";

/// Makes the channel's provider and returns its id; what keeps it from being one is told.
pub(super) fn make(channel: &Channel, row: &Row, imported: &mut Imported) -> Option<String> {
    let about = &channel.about;
    if !channel.is_on {
        imported.report.lost(
            about,
            "it is switched off",
            Some("switch it on and import again if it is meant to serve"),
        );
        return None;
    }
    let Some(vendor) = channel.vendor else {
        let said = format!("its type {} is not known here", channel.number);
        imported.report.lost(
            about,
            said,
            Some("if it answers /chat/completions, write a provider with its base_url"),
        );
        return None;
    };
    let spoken = match &vendor.spoken {
        Ok(spoken) => spoken,
        Err(why) => {
            imported.report.lost(about, format!("{}: {why}", vendor.name), None);
            return None;
        }
    };
    if channel.models.is_empty() {
        imported.report.lost(about, "it lists no models", None);
        return None;
    }
    let (kind, base_url) = spoken.at(address(channel, spoken, imported)?);
    let id = id(channel, imported);
    let credentials = credentials(channel, row, &id, spoken, imported);
    let proxy = proxy(channel, imported);
    let models = upstream_models(channel, imported);
    imported.draft.providers.push(DraftProvider {
        id: id.clone(),
        kind,
        base_url,
        credentials: Some(credentials),
        proxy,
        models: Some(models),
    });
    let models = match channel.models.len() {
        1 => "1 model".to_owned(),
        count => format!("{count} models"),
    };
    imported.report.carried(about, format!("provider {id} ({}, {models})", vendor.name));
    notes(channel, spoken, imported);
    Some(id)
}

fn id(channel: &Channel, imported: &Imported) -> String {
    let wanted = provider_id(&channel.name).unwrap_or_else(|| format!("channel-{}", channel.id));
    free(&wanted, '-', &|id| imported.draft.providers.iter().any(|provider| provider.id == id))
}

/// `None` around it when there is no address that can be asked.
fn address(channel: &Channel, spoken: &Spoken, imported: &mut Imported) -> Option<Option<String>> {
    let given = channel.base_url.trim_end_matches('/');
    let url = if given.is_empty() {
        if spoken.needs_address() {
            imported.report.lost(&channel.about, "it has no address", None);
            return None;
        }
        spoken.base_url(None)
    } else if let Some(url) = plan(given) {
        Some(url.to_owned())
    } else if spoken.is_whole_url {
        let Some(start) = given.strip_suffix(REQUEST_PATH) else {
            let said = format!("its address does not end with {REQUEST_PATH}");
            imported.report.lost(&channel.about, said, Some("write a provider by hand"));
            return None;
        };
        Some(start.to_owned())
    } else {
        spoken.base_url(Some(given))
    };
    match url.as_deref().map(BaseUrl::parse) {
        Some(Err(why)) => {
            imported.report.lost(
                &channel.about,
                format!("its address {why}"),
                Some("write a provider by hand"),
            );
            None
        }
        _ => Some(url),
    }
}

fn credentials(
    channel: &Channel,
    row: &Row,
    id: &str,
    spoken: &Spoken,
    imported: &mut Imported,
) -> Vec<String> {
    let keys = keys(row, &channel.about, &mut imported.report);
    let lead = format!("NEW_API_CHANNEL_{}_KEY", channel.id.unsigned_abs());
    if keys.is_empty() {
        if !spoken.kind.needs_key {
            return Vec::new();
        }
        let said = format!("no key came with it; provider {id} takes one from the variable {lead}");
        let advice = "the console's API exports no keys: set the variable, or import from the database";
        imported.report.changed(&channel.about, said, Some(advice));
        return vec![format!("env:{lead}")];
    }
    if keys.len() > CREDENTIALS_MAX {
        let said = format!("{} keys are more than the {CREDENTIALS_MAX} of one provider", keys.len());
        imported.report.lost(&channel.about, said, None);
    }
    keys.into_iter()
        .take(CREDENTIALS_MAX)
        .map(|key| format!("env:{}", imported.keep(&lead, Secret::new(key.to_owned()))))
        .collect()
}

/// An address without a login stands in the configuration, one with a login among the secrets.
fn proxy(channel: &Channel, imported: &mut Imported) -> Option<String> {
    if channel.proxy.is_empty() {
        return None;
    }
    if let Err(why) = ProxyUrl::parse(&channel.proxy) {
        imported.report.lost(
            &channel.about,
            format!("its proxy {why}"),
            Some("write proxy of the provider by hand"),
        );
        return None;
    }
    if !channel.proxy.contains('@') {
        return Some(channel.proxy.clone());
    }
    let wanted = format!("NEW_API_CHANNEL_{}_PROXY", channel.id.unsigned_abs());
    Some(format!("env:{}", imported.keep(&wanted, Secret::new(channel.proxy.clone()))))
}

fn upstream_models(channel: &Channel, imported: &mut Imported) -> Vec<String> {
    let mut models: Vec<String> = Vec::new();
    for (_, sent) in &channel.models {
        if !models.contains(sent) {
            models.push(sent.clone());
        }
    }
    if models.len() > MODELS_MAX {
        imported.report.lost(&channel.about, format!("models beyond the {MODELS_MAX} of one provider"), None);
        models.truncate(MODELS_MAX);
    }
    models
}

fn notes(channel: &Channel, spoken: &Spoken, imported: &mut Imported) {
    if let Some(note) = spoken.note {
        imported.report.changed(&channel.about, note, None);
    }
    if channel.groups.iter().any(|group| group != GROUP_DEFAULT) {
        let said = format!(
            "it served the groups {}; here every caller may ask for its models",
            channel.groups.join(", ")
        );
        imported.report.lost(&channel.about, said, Some("leave it out if that must not be"));
    }
}
