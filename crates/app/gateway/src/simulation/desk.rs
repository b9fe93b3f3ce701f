//! The one caller's key. Its store is a database with a thread of its own, so it is opened before any clock is paused.

use std::sync::Arc;

use domain::Secret;
use store::{Asker, Database, KeyDesk, KeyDirectory, KeyHasher, NewKey, PlanName};

use crate::tokens::tokens_in_all;
use crate::wall_clock;

/// What every caller of a simulation shows.
pub(super) const KEY: &str = "sk-for-simulations-only";

/// Who may call.
pub(super) struct Desk {
    pub(super) keys: Arc<KeyDirectory>,
    pub(super) hasher: KeyHasher,
}

impl Desk {
    pub(super) fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            // The vocabulary is loaded when it is needed first, on a thread that knows no virtual clock.
            tokens_in_all(vec!["warm".to_owned()]).await;
            let hasher = KeyHasher::new(&[7; 32]);
            let store = Database::in_memory(&hasher).await.unwrap();
            let desk = KeyDesk::open(Box::new(store), hasher, "bw_").await.unwrap();
            // On no plan: each run has a clock that begins anew, and what the one before has used up would count for it.
            let new = NewKey {
                verbatim: Some(Secret::new(KEY.to_owned())),
                plan: PlanName::none(),
                ..NewKey::named("simulation")
            };
            desk.create(new, &Asker::operator("a test"), wall_clock()).await.unwrap();
            Self { keys: desk.directory(), hasher: desk.hasher() }
        })
    }
}
