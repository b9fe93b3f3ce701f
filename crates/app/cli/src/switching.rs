//! Switching a provider off or on: checked against the configuration in force, then done. The same with a server and without.

use admin::{ProviderWish, SwitchRefusal};
use gateway::{Serving, wall_clock};
use store::{ProviderSwitch, SwitchDesk, SwitchScope, SwitchWish, Switched, Who};

/// Carries a wish out; `put_in_force` gets all switches as they are then.
pub(crate) async fn switch(
    desk: &SwitchDesk,
    serving: &Serving,
    wish: ProviderWish,
    actor: &'static str,
    put_in_force: impl FnOnce(&[ProviderSwitch]),
) -> Result<Switched, SwitchRefusal> {
    let ProviderWish { position, provider, region, model, reason, by, request_id } = wish;
    let asked = SwitchScope { provider, region, model };
    let scope = match serving.known_scope(asked.clone()) {
        Ok(scope) => scope,
        // What has gone from the configuration must not stay off for ever.
        Err(_) if position.is_none() && desk.switches().await.iter().any(|it| asked.holds(&it.scope)) => {
            asked
        }
        Err(unknown) => return Err(SwitchRefusal::Unknown(unknown.part, unknown.message)),
    };
    let who = Who { actor, by, request_id };
    let wish = SwitchWish { scope, position, reason, who };
    desk.change(wish, wall_clock(), put_in_force).await.map_err(SwitchRefusal::Failed)
}
