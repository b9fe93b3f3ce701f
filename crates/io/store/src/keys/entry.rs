//! One key as the request path sees it: whether it may call, what for, and what it has done since the start.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use domain::{KeyId, OrganisationId, ProjectId, Timestamp};
use limits::rate::Resolved;

use super::contract::KeyState;
use super::digest::KeyDigest;
use super::plan::PlanName;
use super::scopes::KeyScopes;
use super::tags::KeyTags;

/// Of a key that lasts.
const NEVER: i64 = i64::MAX;
const MS_PER_MINUTE: i64 = 60_000;

const REVOKED: u8 = 1;
const STRICT: u8 = 2;
/// Most keys are for everything: then their scopes are not looked at.
const SCOPED: u8 = 4;

/// A known key. Shared by all workers. There may be a million of them: what is alike is shared, and what few need is
/// made when it is needed.
#[derive(Debug)]
pub struct KeyEntry {
    /// Names it in logs.
    pub id: KeyId,
    pub(super) digest: KeyDigest,
    expires_at_ms: AtomicI64,
    flags: AtomicU8,
    /// Minutes since the Unix epoch; 0 if not since the start.
    used_minute: AtomicU32,
    /// What of that the database knows.
    kept_minute: AtomicU32,
    owner: Arc<KeyOwner>,
    scopes: ArcSwapOption<KeyScopes>,
    /// The usual one is nothing.
    plan: ArcSwapOption<PlanName>,
    /// Most have none.
    tags: ArcSwapOption<KeyTags>,
    counters: OnceLock<Box<KeyCounters>>,
}

/// Whose a key is; one for all keys of a project.
#[derive(Debug)]
pub struct KeyOwner {
    /// Who pays.
    pub organisation: OrganisationId,
    /// What for.
    pub project: ProjectId,
    /// Whether the organisation's keys are refused for now.
    pub(super) is_suspended: AtomicBool,
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
    /// The limits that its calls count for, once they were looked for.
    pub limits: ArcSwapOption<Resolved>,
}

/// What of a key decides on the request path.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) expires_at: Option<Timestamp>,
    pub(super) is_revoked: bool,
    pub(super) is_strict: bool,
    /// The usual one is nothing.
    pub(super) plan: Option<Arc<PlanName>>,
    /// None are for everything.
    pub(super) scopes: Option<Arc<KeyScopes>>,
    pub(super) tags: Option<Arc<KeyTags>>,
}

impl KeyEntry {
    pub(super) fn new(id: KeyId, digest: KeyDigest, owner: Arc<KeyOwner>, facts: Facts) -> Self {
        let entry = Self {
            id,
            digest,
            expires_at_ms: AtomicI64::new(NEVER),
            flags: AtomicU8::new(0),
            used_minute: AtomicU32::new(0),
            kept_minute: AtomicU32::new(0),
            owner,
            scopes: ArcSwapOption::empty(),
            plan: ArcSwapOption::empty(),
            tags: ArcSwapOption::empty(),
            counters: OnceLock::new(),
        };
        entry.set(facts);
        entry
    }

    /// Whether it may call at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        // Nothing else is published with either, so no ordering is needed; every worker sees them at once.
        match KeyState::of(self.has(REVOKED), self.expires_at(), now) {
            KeyState::Active if self.owner.is_suspended.load(Ordering::Relaxed) => KeyState::Suspended,
            state => state,
        }
    }

    /// From when on it is refused.
    pub fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at_ms.load(Ordering::Relaxed)).filter(|ms| *ms != NEVER).map(Timestamp)
    }

    /// Whether its callers are refused rather than warned when a translation would lose something.
    pub fn is_strict(&self) -> bool {
        self.has(STRICT)
    }

    /// What it is narrowed to, if it is not for everything: mostly one look at a flag.
    pub fn scopes(&self) -> Option<Arc<KeyScopes>> {
        // The scopes are published before the flag that points to them.
        if self.flags.load(Ordering::Acquire) & SCOPED == 0 { None } else { self.scopes.load_full() }
    }

    /// Which bundle of limits it is on, unless it is the usual one.
    pub fn plan(&self) -> Option<Arc<PlanName>> {
        self.plan.load_full()
    }

    /// What the operator has hung on it, if anything.
    pub fn tags(&self) -> Option<Arc<KeyTags>> {
        self.tags.load_full()
    }

    /// Whether its callers may ask for a model by this name.
    pub fn allows(&self, model: &str) -> bool {
        self.scopes().is_none_or(|scopes| scopes.models.allow(model))
    }

    /// Who pays for its calls.
    pub fn organisation(&self) -> &OrganisationId {
        &self.owner.organisation
    }

    /// What its calls are for.
    pub fn project(&self) -> &ProjectId {
        &self.owner.project
    }

    /// What it has done. They are made when first asked for: most of a million keys do nothing today.
    pub fn counters(&self) -> &KeyCounters {
        self.counters.get_or_init(Box::default)
    }

    /// When it was last used since the start, to the minute.
    pub fn used_at(&self) -> Option<Timestamp> {
        let minute = self.used_minute.load(Ordering::Relaxed);
        (minute > 0).then_some(Timestamp(i64::from(minute) * MS_PER_MINUTE))
    }

    /// Notes that it is used; whether that is news, which it is once a minute.
    pub(super) fn use_at(&self, now: Timestamp) -> bool {
        let minute = u32::try_from(now.unix_ms() / MS_PER_MINUTE).unwrap_or_default();
        if self.used_minute.load(Ordering::Relaxed) >= minute {
            return false;
        }
        self.used_minute.fetch_max(minute, Ordering::Relaxed);
        true
    }

    /// When it was last used, if the database does not know that yet.
    pub(super) fn unkept_use(&self) -> Option<Timestamp> {
        self.used_at()
            .filter(|_| self.used_minute.load(Ordering::Relaxed) > self.kept_minute.load(Ordering::Relaxed))
    }

    /// Notes that the database knows of a use.
    pub(super) fn keep_use(&self, at: Timestamp) {
        let minute = u32::try_from(at.unix_ms() / MS_PER_MINUTE).unwrap_or_default();
        self.kept_minute.fetch_max(minute, Ordering::Relaxed);
    }

    pub(super) fn revoke(&self) {
        self.flags.fetch_or(REVOKED, Ordering::Relaxed);
    }

    /// Whatever is said of it, a key that was revoked stays so.
    pub(super) fn set(&self, facts: Facts) {
        self.expires_at_ms.store(facts.expires_at.map_or(NEVER, Timestamp::unix_ms), Ordering::Relaxed);
        self.plan.store(facts.plan);
        self.tags.store(facts.tags);
        if let Some(counters) = self.counters.get()
            && let Some(found) = counters.limits.load_full()
        {
            // They are found again by the plan it is on now; what was taken of them stays taken.
            counters.limits.store(Some(Arc::new(found.outdated())));
        }
        let mut on = 0;
        let mut off = 0;
        for (flag, is_on) in [(STRICT, facts.is_strict), (SCOPED, facts.scopes.is_some())] {
            if is_on { on |= flag } else { off |= flag }
        }
        if facts.is_revoked {
            on |= REVOKED;
        }
        // Whoever sees the old flag with the new scopes, or none at all, sees one of both keys: never something wider.
        if facts.scopes.is_some() {
            self.scopes.store(facts.scopes);
            self.flags.fetch_or(on, Ordering::Release);
            self.flags.fetch_and(!off, Ordering::Release);
        } else {
            self.flags.fetch_and(!off, Ordering::Release);
            self.flags.fetch_or(on, Ordering::Release);
            self.scopes.store(None);
        }
    }

    fn has(&self, flag: u8) -> bool {
        self.flags.load(Ordering::Relaxed) & flag != 0
    }
}
