//! Secrets of a data directory that no server uses: what is set here holds from the next start.

use anyhow::{Context, Result};
use domain::Secret;
use gateway::wall_clock;
use serde_json::{Value, json};
use store::{DataDir, SecretDesk, SecretView, Who};

use crate::arguments::SecretsWords;
use crate::environment;
use crate::local_store::{ACTOR, LocalStore};
use crate::settings::Settings;

/// Secrets in an opened, locked data directory.
pub(super) struct LocalSecrets {
    local: LocalStore,
    desk: SecretDesk,
}

impl LocalSecrets {
    pub(super) fn open(dir: &DataDir) -> Result<Self> {
        let local = LocalStore::open(dir)?;
        let seal = local.store.seal(&local.master);
        let desk = local.runtime.block_on(SecretDesk::open(Box::new(local.store.clone()), seal))?;
        Ok(Self { local, desk })
    }

    pub(super) fn set(&self, name: &str, secret: Secret, words: &SecretsWords) -> Result<Value> {
        let set = self.desk.set(name, secret, words.reason.clone(), who(words.by.clone()), wall_clock());
        let done = self.local.runtime.block_on(set)?;
        let mut told = done.secret.json();
        told["audit"] = json!(done.audit);
        Ok(told)
    }

    pub(super) fn list(&self, settings: &Settings) -> Value {
        // One that cannot be read says nothing of what it names.
        if let Ok(snapshot) = settings.read().checked {
            self.desk.note_uses(snapshot.secret_uses.into_iter().map(|it| (it.name, it.path)));
        }
        json!({ "secrets": self.desk.list().iter().map(SecretView::json).collect::<Vec<_>>() })
    }

    pub(super) fn remove(&self, settings: &Settings, name: &str) -> Result<Value> {
        self.list(settings);
        let removed = self.desk.remove(name, String::new(), who(None), wall_clock());
        let audit = self.local.runtime.block_on(removed)?;
        Ok(json!({ "name": name, "audit": audit }))
    }

    pub(super) fn rotate(&self, words: &SecretsWords) -> Result<Value> {
        let rotated = self.desk.rotate(words.reason.clone(), who(words.by.clone()), wall_clock());
        Ok(self.local.runtime.block_on(rotated).context("nothing has been changed")?.json())
    }
}

fn who(by: Option<String>) -> Who {
    Who { actor: ACTOR, by: by.or_else(environment::user), request_id: None }
}
