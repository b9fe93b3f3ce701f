//! Whether what an operator wants to switch is there: a mistyped name must not look like a success.

use std::collections::BTreeSet;

use store::SwitchScope;

use crate::serving::{ServedProvider, Serving};

/// Names that are listed in an error.
const NAMES_SHOWN_MAX: usize = 8;

/// Nothing here has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScope {
    /// Which of `provider`, `region`, `model`.
    pub part: &'static str,
    /// What is wrong, and what was perhaps meant.
    pub message: String,
}

impl std::fmt::Display for UnknownScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UnknownScope {}

impl Serving {
    /// The same scope with the model as its provider calls it, or what of it is not there.
    pub fn known_scope(&self, wanted: SwitchScope) -> Result<SwitchScope, UnknownScope> {
        let found = self.providers.iter().zip(0_u16..).find(|(served, _)| served.id() == wanted.provider);
        let Some((provider, place)) = found else {
            let names: BTreeSet<&str> = self.providers.iter().map(|provider| provider.id()).collect();
            let message =
                format!("there is no provider '{}'{}", wanted.provider, hint(&wanted.provider, &names));
            return Err(UnknownScope { part: "provider", message });
        };
        if let Some(region) = &wanted.region {
            let regions = regions(provider);
            if !regions.contains(region.as_str()) {
                let message =
                    format!("{} has no line in a region '{region}'{}", provider.id(), hint(region, &regions));
                return Err(UnknownScope { part: "region", message });
            }
        }
        let model = match wanted.model {
            Some(model) => Some(self.known_model(provider, place, &model)?),
            None => None,
        };
        Ok(SwitchScope { model, ..wanted })
    }

    /// What the provider calls a model, if it serves it as far as anybody knows.
    fn known_model(
        &self,
        provider: &ServedProvider,
        place: u16,
        model: &str,
    ) -> Result<String, UnknownScope> {
        let meant = self.routes.meant(&format!("{}/{model}", provider.id()));
        let called = meant.map_or_else(|| model.to_owned(), |(_, called)| called.as_ref().to_owned());
        let mut names: BTreeSet<&str> = self.routes.models_of(place).collect();
        let asked = &self.health.providers[usize::from(place)].models;
        let is_known = names.contains(called.as_str())
            || provider.knows(&called)
            || asked.known().any(|(_, name)| name == called);
        if is_known {
            return Ok(called);
        }
        names.extend(asked.known().map(|(_, name)| name));
        let id = provider.id();
        let behind = self.routes.find(model).into_iter().flat_map(|route| route.targets.clone());
        let behind: BTreeSet<String> = behind
            .filter(|target| target.provider == place)
            .filter_map(|target| target.model.as_deref().map(str::to_owned))
            .collect();
        let hint = match behind.first() {
            Some(own) => format!("; for callers '{model}' is its model {own}"),
            None => hint(model, &names),
        };
        let message = format!("{id} is not known to serve a model '{model}'{hint}");
        Err(UnknownScope { part: "model", message })
    }
}

/// The regions that a provider's lines lead to.
pub(super) fn regions(provider: &ServedProvider) -> BTreeSet<&str> {
    provider.lines.iter().filter_map(|line| line.region.to_str().ok()).collect()
}

fn hint(wanted: &str, names: &BTreeSet<&str>) -> String {
    if let Some(near) = config::nearest(wanted, names.iter().copied()) {
        return format!("; did you mean {near}?");
    }
    if names.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = names.iter().copied().take(NAMES_SHOWN_MAX).collect();
    let more = if names.len() > NAMES_SHOWN_MAX { ", …" } else { "" };
    format!("; there is {}{more}", shown.join(", "))
}
