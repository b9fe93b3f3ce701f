//! What every database must do alike for switches.

use domain::Timestamp;

use super::contract::{ProviderSwitch, SwitchPosition, SwitchRecords, SwitchScope};
use crate::audit::NewAuditEntry;

fn switch(seed: u8) -> ProviderSwitch {
    ProviderSwitch {
        scope: SwitchScope {
            provider: "one".to_owned(),
            region: (seed % 2 == 1).then(|| "us-west".to_owned()),
            model: (seed / 2 % 2 == 1).then(|| "gpt-x".to_owned()),
        },
        position: if seed.is_multiple_of(2) { SwitchPosition::Off } else { SwitchPosition::Draining },
        since: Timestamp(1_795_219_200_000 + i64::from(seed)),
        by: (seed > 0).then(|| format!("operator {seed}")),
        reason: format!("reason {seed}"),
    }
}

pub(crate) fn entry(seed: u8) -> NewAuditEntry {
    NewAuditEntry {
        at: Timestamp(1_795_219_200_000 + i64::from(seed)),
        actor: "admin key",
        by: Some(format!("operator {seed}")),
        action: "provider.disable",
        subject: format!("provider {seed}"),
        organisation: None,
        before: "[]".to_owned(),
        after: format!("[{seed}]"),
        reason: format!("reason {seed}"),
        request_id: Some(format!("request-{seed}")),
    }
}

pub(super) async fn all_switches_are_replaced(store: &dyn SwitchRecords) {
    assert_eq!(store.switches().await.unwrap(), []);
    let mut all: Vec<ProviderSwitch> = (0..4).map(switch).collect();
    assert_eq!(store.replace(&all, &entry(1)).await.unwrap(), 1);
    all.sort_by(|left, right| left.scope.cmp(&right.scope));
    assert_eq!(store.switches().await.unwrap(), all);
    all.truncate(1);
    all[0].reason = "another".to_owned();
    assert_eq!(store.replace(&all, &entry(2)).await.unwrap(), 2);
    assert_eq!(store.switches().await.unwrap(), all);
    store.replace(&[], &entry(3)).await.unwrap();
    assert_eq!(store.switches().await.unwrap(), []);
}
