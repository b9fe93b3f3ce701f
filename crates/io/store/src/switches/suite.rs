//! What every database must do alike for switches.

use domain::Timestamp;

use super::contract::{ProviderSwitch, SwitchChange, SwitchPosition, SwitchRecords, SwitchScope};
use crate::audit::NewAuditEntry;

/// A change of the scope with this number: set to a position, or removed.
pub(crate) fn change(seed: u8, position: Option<SwitchPosition>) -> SwitchChange {
    let scope = SwitchScope {
        provider: "openai".to_owned(),
        region: (seed % 2 == 1).then(|| "us-west".to_owned()),
        model: (seed / 2 % 2 == 1).then(|| "gpt-x".to_owned()),
    };
    let at = Timestamp(1_795_219_200_000 + i64::from(seed));
    let (by, reason) = (Some(format!("operator {seed}")), format!("reason {seed}"));
    let set = position.map(|position| ProviderSwitch {
        scope: scope.clone(),
        position,
        since: at,
        by: by.clone(),
        reason: reason.clone(),
    });
    SwitchChange {
        removed: if set.is_none() { vec![scope.clone()] } else { Vec::new() },
        set,
        audit: NewAuditEntry {
            at,
            actor: "admin key",
            by,
            action: "provider.disable",
            subject: scope.to_string(),
            before: "[]".to_owned(),
            after: format!("[{seed}]"),
            reason,
            request_id: Some(format!("request-{seed}")),
        },
    }
}

pub(super) async fn switches_are_kept_replaced_and_removed(store: &dyn SwitchRecords) {
    assert_eq!(store.switches().await.unwrap(), []);
    let mut expected = Vec::new();
    for seed in 0..4 {
        let change = change(seed, Some(SwitchPosition::Draining));
        assert_eq!(store.change(&change).await.unwrap(), i64::from(seed) + 1);
        expected.extend(change.set);
    }
    expected.sort_by(|left, right| left.scope.cmp(&right.scope));
    assert_eq!(store.switches().await.unwrap(), expected);
    let again = change(4, Some(SwitchPosition::Off));
    store.change(&again).await.unwrap();
    expected[0] = again.set.unwrap();
    assert_eq!(store.switches().await.unwrap(), expected);
    store.change(&change(3, None)).await.unwrap();
    expected.remove(3);
    assert_eq!(store.switches().await.unwrap(), expected);
}
