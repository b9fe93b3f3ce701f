//! What the admin API asks about providers: which there are, and to switch one off or on.

use std::sync::Arc;

use admin::{ProviderDesk, ProviderWish, SwitchRefusal, SwitchReport};
use gateway::Gateway;
use observe::{Level, Log};
use serde_json::json;
use store::{SwitchDesk, Switched};

use super::key_checks::KeyChecks;
use crate::switching::switch;

/// Who asks here has shown the admin key.
const ACTOR: &str = "admin key";

/// The desk of a running gateway.
pub(super) fn open(
    gateway: &Arc<Gateway>,
    desk: Arc<SwitchDesk>,
    checks: &Arc<KeyChecks>,
    log: &Log,
) -> ProviderDesk {
    let (listed, switched, log) = (gateway.clone(), gateway.clone(), log.clone());
    let (checked, checks) = (gateway.clone(), checks.clone());
    ProviderDesk {
        list: Box::new(move || listed.providers_shown()),
        switch: Box::new(move |wish| {
            let (gateway, desk, log) = (switched.clone(), desk.clone(), log.clone());
            Box::pin(async move { change(&gateway, &desk, &log, wish).await })
        }),
        check: Box::new(move || {
            let (gateway, checks) = (checked.clone(), checks.clone());
            Box::pin(async move {
                checks.again().await;
                json!({ "providers": gateway.health_for_operators()["providers"] })
            })
        }),
    }
}

async fn change(
    gateway: &Gateway,
    desk: &SwitchDesk,
    log: &Log,
    wish: ProviderWish,
) -> Result<SwitchReport, SwitchRefusal> {
    let said = (wish.by.clone(), wish.reason.clone());
    let changed = switch(desk, &gateway.serving(), wish, ACTOR, |all| gateway.switch(all)).await;
    match &changed {
        Ok(switched) => tell(log, switched, &said),
        Err(SwitchRefusal::Failed(error)) => {
            log.event(Level::Error, "a provider was not switched", &[("reason", error)]);
        }
        Err(SwitchRefusal::Unknown(..)) => {}
    }
    let switched = changed?;
    let running = gateway.running(&switched.scope);
    Ok(SwitchReport { switched, running })
}

fn tell(log: &Log, switched: &Switched, (by, reason): &(Option<String>, String)) {
    let (state, by) = (switched.state(), by.as_deref().unwrap_or("-"));
    log.event(
        Level::Warn,
        "an operator has switched a provider",
        &[
            ("provider", &switched.scope),
            ("state", &state),
            ("by", &by),
            ("reason", reason),
            ("audit", &switched.audit),
        ],
    );
}
