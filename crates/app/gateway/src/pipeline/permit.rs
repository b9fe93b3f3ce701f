//! What is the caller's key for? A key that is for everything costs one look at a flag. A refusal names what was refused,
//! and nothing of what else there is.

use std::net::IpAddr;

use dialects::Dialect;
use dialects::surface::{Operation, Surface};
use domain::{Failure, Kind};
use routing::Ask;
use store::{KeyEntry, KeyRoute, KeyScopes};

use crate::call::Call;
use crate::serving::{ServedLine, ServedProvider};

/// Whether a key may be used from an address.
pub(super) fn permit_address(key: &KeyEntry, address: IpAddr) -> Result<(), Box<Failure>> {
    match key.scopes() {
        Some(scopes) if !scopes.networks.allow(address) => {
            let message = format!("this key may not be used from the address {}", address.to_canonical());
            Err(Failure::new(Kind::Forbidden, message))
        }
        _ => Ok(()),
    }
}

/// Whether the caller's key is for a route.
pub(super) fn permit_route(call: &Call, route: KeyRoute) -> Result<(), Box<Failure>> {
    match call.key.as_ref().and_then(|key| key.scopes()) {
        Some(scopes) if !scopes.routes.allow(route) => {
            let message =
                format!("this key may not be used at {}: it is not for {}", call.path, route.name());
            Err(Failure::new(Kind::Forbidden, message))
        }
        _ => Ok(()),
    }
}

/// Whether the caller's key is for what he asks for, and for what he would like best. What an operator's chain leads to
/// from there is the operator's.
pub(super) fn permit_model(call: &Call, ask: &Ask<'_>) -> Result<(), Box<Failure>> {
    let Some(key) = &call.key else { return Ok(()) };
    let refused = |model: &str, of: &str| {
        let message =
            format!("this key may not use the model '{model}'{of}; GET /v1/models lists what it may");
        Failure::new(Kind::Forbidden, message)
    };
    if !key.allows(ask.model) {
        return Err(refused(ask.model, "").with_param("model"));
    }
    match ask.prefers {
        Some(preferred) if !key.allows(preferred) => Err(refused(preferred, " of x-bellwether-prefer")),
        _ => Ok(()),
    }
}

/// Whether a key is for a provider and for the region that a line of it leads to.
pub(crate) fn reaches(scopes: &KeyScopes, provider: &ServedProvider, line: &ServedLine) -> bool {
    let region = || line.region.to_str().unwrap_or_default();
    scopes.providers.allow(provider.id()) && (scopes.regions.is_any() || scopes.regions.allow(region()))
}

/// As what keys know what is served at a path.
pub(crate) const fn route_of(surface: &Surface) -> KeyRoute {
    match (surface.operation, surface.dialect) {
        (Operation::Conversation | Operation::CountTokens, Dialect::OpenAiChat) => KeyRoute::Chat,
        (Operation::Conversation | Operation::CountTokens, Dialect::OpenAiResponses) => KeyRoute::Responses,
        (Operation::Conversation | Operation::CountTokens, Dialect::AnthropicMessages) => KeyRoute::Messages,
        (Operation::Completions, _) => KeyRoute::Completions,
        (Operation::Embeddings, _) => KeyRoute::Embeddings,
        (Operation::Moderations, _) => KeyRoute::Moderations,
        (Operation::Images, _) => KeyRoute::Images,
        (Operation::Speech | Operation::Transcription, _) => KeyRoute::Audio,
        (Operation::Rerank, _) => KeyRoute::Rerank,
    }
}

#[cfg(test)]
mod tests {
    use dialects::surface::SURFACES;

    use super::route_of;

    #[test]
    fn a_route_is_called_as_its_path_begins() {
        for surface in SURFACES {
            let first = surface.path.split('/').nth(1).unwrap();
            assert_eq!(route_of(surface).name(), first, "{}", surface.path);
        }
    }
}
