//! What a start says: where it is, how to call it, and the first key, once.

use std::path::Path;

use config::{Origin, Snapshot};
use store::DatabasePlace;

use super::first_key::FirstKey;
use crate::settings::Settings;

/// What there is to say.
pub(super) struct Facts<'a> {
    pub(super) urls: &'a [String],
    pub(super) first_key: Option<&'a FirstKey>,
    pub(super) snapshot: &'a Snapshot,
    pub(super) settings: &'a Settings,
    pub(super) data_dir: &'a Path,
    pub(super) database: &'a DatabasePlace,
    pub(super) descriptors_max: Option<u64>,
}

/// Prints the banner.
#[expect(clippy::print_stdout, reason = "this is what the command says to its terminal")]
pub(super) fn print(facts: &Facts<'_>) {
    println!("{}", text(facts));
}

fn text(facts: &Facts<'_>) -> String {
    let url = facts.urls.first().map_or("", String::as_str);
    let mut lines = vec![
        format!("Bellwether {} is ready at {}", env!("CARGO_PKG_VERSION"), facts.urls.join(" and ")),
        String::new(),
    ];
    match facts.first_key {
        Some(FirstKey::Made(key)) => {
            lines.push(format!("  key        {}   (shown this once: keep it)", key.expose()));
        }
        Some(FirstKey::Given { former }) => {
            lines.push("  key        the one in BELLWETHER_KEY".to_owned());
            if let Some(id) = former {
                lines
                    .push(format!("             an earlier one is still valid: bellwether keys revoke {id}"));
            }
        }
        None => lines.push("  key        as before; another: bellwether keys create --name NAME".to_owned()),
    }
    lines.push(format!("  providers  {}", providers(facts.snapshot)));
    if let Some(file) = facts.settings.file() {
        lines.push(format!("  config     {}", file.display()));
    }
    lines.push(format!("  data       {}", facts.data_dir.display()));
    if let DatabasePlace::Server(_) = facts.database {
        lines.push(format!("  database   {}", facts.database));
    }
    if let Some(descriptors) = facts.descriptors_max {
        // A relayed call holds two: its caller's and its provider's.
        lines.push(format!(
            "  streams    up to {} at once ({descriptors} descriptors)",
            descriptors.saturating_sub(64) / 2
        ));
    }
    lines.extend([String::new(), "Try it:".to_owned(), String::new()]);
    lines.push(curl(url, facts.first_key, facts.snapshot));
    lines.join("\n")
}

fn providers(snapshot: &Snapshot) -> String {
    if snapshot.is_demo() {
        let variable = providers::all().iter().find_map(|provider| provider.key_variables.first()).copied();
        let variable = variable.unwrap_or("a provider's *_API_KEY");
        return format!(
            "demo, built in: no AI behind it; set {variable} or another *_API_KEY and start again"
        );
    }
    let describe = |provider: &config::Provider| match provider.origin {
        Origin::Environment => format!("{} (environment)", provider.id),
        Origin::File | Origin::Demo => provider.id.clone(),
    };
    snapshot.providers.iter().map(describe).collect::<Vec<_>>().join(", ")
}

/// A cheap model that most who take any name have.
const MODEL_USUAL: &str = "gpt-4o-mini";

/// A call that works when pasted.
fn curl(url: &str, first_key: Option<&FirstKey>, snapshot: &Snapshot) -> String {
    let key = match first_key {
        Some(FirstKey::Made(key)) => key.expose(),
        Some(FirstKey::Given { .. }) => "$BELLWETHER_KEY",
        None => "$YOUR_KEY",
    };
    let listed = || snapshot.routes.listed().map(|listed| &*listed.name);
    let usual = listed().find(|name| *name == MODEL_USUAL);
    let model = usual.or_else(|| listed().find(|name| !name.ends_with("/*"))).unwrap_or(MODEL_USUAL);
    format!(
        "  curl {url}/v1/chat/completions \\\n    -H \"Authorization: Bearer {key}\" -H \"Content-Type: application/json\" \\\n    -d '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello!\"}}]}}'\n"
    )
}
