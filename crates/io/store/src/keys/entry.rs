//! One key as the request path sees it: whether it may call, and what it has done since the start.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use domain::{KeyId, Timestamp};

use super::contract::{CallerKey, KeyState};
use super::digest::KeyDigest;
use super::models::KeyModels;

/// A known key. Shared by all workers; only being revoked, being strict, its models and its counters change.
#[derive(Debug)]
pub struct KeyEntry {
    /// Names it in logs.
    pub id: KeyId,
    /// What its owner calls it.
    pub name: Box<str>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// What it has done.
    pub counters: KeyCounters,
    pub(super) digest: KeyDigest,
    is_revoked: AtomicBool,
    is_strict: AtomicBool,
    /// Most keys are for any model: then the list is not looked at.
    is_for_some_models: AtomicBool,
    models: ArcSwap<KeyModels>,
}

/// What a key has done since the start. Exact but not in step with each other: add with `Relaxed`.
// A cache line of its own (two on some machines): counting must not slow reading whether the key is revoked.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct KeyCounters {
    /// Calls running now.
    pub in_flight: AtomicU32,
    /// Calls begun.
    pub requests: AtomicU64,
    /// Prompt tokens, as the providers counted them.
    pub tokens_in: AtomicU64,
    /// Generated tokens, as the providers counted them.
    pub tokens_out: AtomicU64,
}

impl KeyEntry {
    pub(super) fn new(key: &CallerKey) -> Self {
        Self {
            id: key.id.clone(),
            name: key.name.as_str().into(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            counters: KeyCounters::default(),
            digest: key.digest,
            is_revoked: AtomicBool::new(key.revoked_at.is_some()),
            is_strict: AtomicBool::new(key.is_strict),
            is_for_some_models: AtomicBool::new(!key.models.is_any()),
            models: ArcSwap::from_pointee(key.models.clone()),
        }
    }

    /// Whether it may call at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        // Nothing else is published with the flag, so no ordering is needed; every worker sees it at once.
        KeyState::of(self.is_revoked.load(Ordering::Relaxed), self.expires_at, now)
    }

    /// Whether its callers are refused rather than warned when a translation would lose something.
    pub fn is_strict(&self) -> bool {
        self.is_strict.load(Ordering::Relaxed)
    }

    /// Whether its callers may ask for a model by this name.
    pub fn allows(&self, model: &str) -> bool {
        // The list is published before the flag that points to it.
        !self.is_for_some_models.load(Ordering::Acquire) || self.models.load().allow(model)
    }

    pub(super) fn revoke(&self) {
        self.is_revoked.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_strict(&self, is_strict: bool) {
        self.is_strict.store(is_strict, Ordering::Relaxed);
    }

    pub(super) fn set_models(&self, models: &KeyModels) {
        self.models.store(models.clone().into());
        self.is_for_some_models.store(!models.is_any(), Ordering::Release);
    }
}
