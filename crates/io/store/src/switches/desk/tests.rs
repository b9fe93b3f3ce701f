//! Switches as an operator changes them.

use std::cell::RefCell;

use domain::Timestamp;

use super::{SwitchDesk, SwitchError, SwitchWish, Switched, Who};
use crate::audit::AuditRecords;
use crate::database::Database;
use crate::keys::KeyHasher;
use crate::switches::{SwitchPosition, SwitchScope};

const NOW: Timestamp = Timestamp(1_795_219_200_000);
const OFF: Option<SwitchPosition> = Some(SwitchPosition::Off);
const DRAINING: Option<SwitchPosition> = Some(SwitchPosition::Draining);

struct Office {
    store: Database,
    desk: SwitchDesk,
    in_force: RefCell<Vec<String>>,
}

impl Office {
    async fn open() -> Self {
        let store = Database::in_memory(&KeyHasher::new(&[7; 32])).await.unwrap();
        let desk = SwitchDesk::open(Box::new(store.clone())).await.unwrap();
        Self { store, desk, in_force: RefCell::default() }
    }

    async fn change(&self, scope: &str, position: Option<SwitchPosition>) -> Result<Switched, SwitchError> {
        self.wish(scope, position, "because").await
    }

    async fn wish(
        &self,
        scope: &str,
        position: Option<SwitchPosition>,
        reason: &str,
    ) -> Result<Switched, SwitchError> {
        let wish = SwitchWish {
            scope: self::scope(scope),
            position,
            reason: reason.to_owned(),
            who: Who { actor: "admin key", by: Some("ada".to_owned()), request_id: None },
        };
        let tell = |all: &[super::ProviderSwitch]| {
            *self.in_force.borrow_mut() =
                all.iter().map(|switch| format!("{} {}", switch.scope, switch.position.name())).collect();
        };
        self.desk.change(wish, NOW, tell).await
    }

    async fn kept(&self) -> usize {
        SwitchDesk::open(Box::new(self.store.clone())).await.unwrap().switches().await.len()
    }
}

/// `provider/region/model`, where a `*` is all.
fn scope(text: &str) -> SwitchScope {
    let mut parts = text.split('/').map(|part| Some(part.to_owned()).filter(|part| part != "*"));
    let provider = parts.next().flatten().unwrap();
    SwitchScope { provider, region: parts.next().flatten(), model: parts.next().flatten() }
}

#[tokio::test]
async fn what_is_switched_is_in_force_kept_and_in_the_audit() {
    let office = Office::open().await;
    let done = office.change("openai/us", DRAINING).await.unwrap();
    assert_eq!((done.before.len(), done.after.len(), done.audit), (0, 1, 1));
    let done = office.change("openai/us", OFF).await.unwrap();
    assert_eq!(done.before[0].position, SwitchPosition::Draining);
    assert_eq!(*office.in_force.borrow(), ["openai, region us off"]);
    assert_eq!(office.kept().await, 1);
    let audit = office.store.audit(None, 10).await.unwrap();
    let told: Vec<_> = audit.iter().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
    assert_eq!(told, [("provider.disable", "openai, region us"), ("provider.drain", "openai, region us")]);
    assert!(audit[0].before.contains("draining") && audit[0].after.contains("\"off\""));
    assert_eq!((audit[0].by.as_deref(), audit[0].reason.as_str()), (Some("ada"), "because"));
}

#[tokio::test]
async fn enabling_takes_back_all_that_lies_within_and_nothing_else() {
    let office = Office::open().await;
    for scope in ["openai/us", "openai/us/gpt", "openai/eu", "openai/*/gpt", "other"] {
        office.change(scope, OFF).await.unwrap();
    }
    assert_eq!(office.change("openai/us", None).await.unwrap().before.len(), 2);
    assert_eq!(*office.in_force.borrow(), ["openai, model gpt off", "openai, region eu off", "other off"]);
    assert_eq!(office.change("openai", None).await.unwrap().before.len(), 2);
    assert_eq!(office.kept().await, 1);
    assert_eq!(*office.in_force.borrow(), ["other off"]);
}

#[tokio::test]
async fn enabling_what_is_on_says_so_and_names_a_wider_switch() {
    let office = Office::open().await;
    let refused = office.change("openai/us", None).await.unwrap_err();
    assert_eq!(refused.to_string(), "openai, region us is not switched off");
    office.change("openai", OFF).await.unwrap();
    let refused = office.change("openai/us", None).await.unwrap_err();
    let expected =
        "openai, region us is not switched off by itself: it is off with openai, which can be enabled";
    assert_eq!(refused.to_string(), expected);
    office.change("openai/us", DRAINING).await.unwrap();
    let done = office.change("openai/us", None).await.unwrap();
    assert_eq!(done.after[0].scope, scope("openai"), "the wider one still holds, and that is told");
}

#[tokio::test]
async fn a_reason_is_needed() {
    let office = Office::open().await;
    for bad in ["", "  ", "two\nlines", &"x".repeat(501)] {
        assert!(matches!(office.wish("openai", OFF, bad).await, Err(SwitchError::BadReason)), "{bad:?}");
    }
    assert!(office.in_force.borrow().is_empty());
}

#[tokio::test]
async fn a_switch_is_in_force_even_if_the_database_fails() {
    let office = Office::open().await;
    office.store.close().await;
    let failed = office.change("openai", OFF).await.unwrap_err();
    assert!(failed.to_string().contains("a restart would forget it"), "{failed}");
    assert_eq!(*office.in_force.borrow(), ["openai off"]);
    office.change("openai", None).await.unwrap_err();
    assert!(office.in_force.borrow().is_empty());
    let failed = office.change("openai", None).await.unwrap_err();
    assert!(matches!(failed, SwitchError::NotKept(..)), "what is not kept yet may be tried again: {failed}");
}
