//! What a database must do for callers' keys. Every call is one transaction, what the audit is told included; checking
//! what a user typed is done before. What is out of somebody's reach is unknown to him.

use std::collections::BTreeMap;
use std::pin::Pin;

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};
use limits::budget::Rule;
use limits::rate::Terms;

use super::digest::{DigestOf, KeyDigest};
use super::models::KeyModels;
use super::names::KeyNames;
use super::networks::KeyNetworks;
use super::plan::PlanName;
use super::routes::KeyRoutes;
use super::scopes::KeyScopes;
use super::tags::KeyTags;
use crate::budgets::BudgetEntry;
use crate::error::StoreError;
use crate::rates::LimitEntry;
use crate::tenancy::Reach;
use crate::who::Who;

/// Longest name of a key.
pub const KEY_NAME_CHARS_MAX: usize = 100;
/// Most keys in one answer.
pub const KEYS_PER_PAGE_MAX: u32 = 1000;

/// A key as it is kept: everything but the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerKey {
    /// Names it in listings and commands.
    pub id: KeyId,
    /// What its owner calls it; no two keys of a project share one, unless they were revoked or have a successor.
    pub name: String,
    /// Its first and last characters, to tell keys apart by eye.
    pub hint: String,
    /// What it is looked up by.
    pub digest: KeyDigest,
    /// What that is made of.
    pub digest_of: DigestOf,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute and a little late.
    pub last_used_at: Option<Timestamp>,
    /// Whether its callers are refused where others are warned that a translation loses something.
    pub is_strict: bool,
    /// Which bundle of limits it is on.
    pub plan: PlanName,
    /// What it may be used for.
    pub scopes: KeyScopes,
    /// What its owner hangs on it.
    pub tags: KeyTags,
    /// Whose successor it is.
    pub rotated_from: Option<KeyId>,
    /// Who is its successor.
    pub rotated_to: Option<KeyId>,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What it is for.
    pub project: ProjectId,
}

/// What the request path needs to know of a key.
#[derive(Debug)]
pub struct LoadedKey<'a> {
    /// Names it in logs.
    pub id: KeyId,
    /// What it is looked up by.
    pub digest: KeyDigest,
    /// What that is made of.
    pub digest_of: DigestOf,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// Whether it was taken back.
    pub is_revoked: bool,
    /// Whether its callers are refused where others are warned that a translation loses something.
    pub is_strict: bool,
    /// Which bundle of limits it is on.
    pub plan: &'a PlanName,
    /// What it may be used for.
    pub scopes: &'a KeyScopes,
    /// What the operator has hung on it.
    pub tags: &'a KeyTags,
    /// Whose it is.
    pub organisation: &'a OrganisationId,
    /// What it is for.
    pub project: &'a ProjectId,
}

/// Whether a key opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Its organisation is suspended for now.
    Suspended,
    /// It was taken back, for good.
    Revoked,
}

impl CallerKey {
    /// Whether it opens anything at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        KeyState::of(self.revoked_at.is_some(), self.expires_at, now)
    }
}

impl KeyState {
    /// Revoked counts before expired: it is the stronger reason.
    pub(super) fn of(is_revoked: bool, expires_at: Option<Timestamp>, now: Timestamp) -> Self {
        match expires_at {
            _ if is_revoked => Self::Revoked,
            Some(end) if end <= now => Self::Expired,
            _ => Self::Active,
        }
    }

    /// As written in listings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Expired, Self::Revoked].into_iter().find(|state| state.name() == name)
    }
}

/// Who asks for something, and how far he reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Who, for the audit.
    pub who: Who,
    /// Whose keys he may be told of and change.
    pub reach: Reach,
}

impl Asker {
    /// The operator of this gateway, by what proved it.
    pub fn operator(actor: &'static str) -> Self {
        Self { who: Who { actor, by: None, request_id: None }, reach: Reach::All }
    }
}

/// Which keys are listed: those that fit all that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFilter {
    /// Of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Of this project.
    pub project: Option<ProjectId>,
    /// With this tag: its name and value.
    pub tag: Option<(String, String)>,
    /// In this state at this time.
    pub state: Option<(KeyState, Timestamp)>,
}

/// A key to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyToStore {
    /// The key; whose it is follows from its project.
    pub key: CallerKey,
    /// Another digest that the same key may be known by.
    pub also: Option<KeyDigest>,
}

/// Keys to be stored at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyImport {
    /// The keys.
    pub keys: Vec<KeyToStore>,
    /// Where they come from, for the audit.
    pub source: String,
    /// When.
    pub at: Timestamp,
    /// Whether it is only looked if they could be stored.
    pub is_dry: bool,
    /// What some of them may spend, by their places: the operator's budgets, stored with them or not at all.
    pub budgets: BTreeMap<usize, Rule>,
}

impl KeyImport {
    /// The budgets of keys that are stored.
    pub(crate) fn budgets_of(&self, stored: &[CallerKey]) -> impl Iterator<Item = BudgetEntry> {
        self.budgets.iter().filter_map(|(place, rule)| {
            let organisation = stored.get(*place)?.organisation.clone();
            Some(BudgetEntry { rule: rule.clone(), organisation, is_operators: true, created_at: self.at })
        })
    }
}

/// What came of storing a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It is stored, with the organisation of its project.
    Stored(Box<CallerKey>),
    /// The very same key was there already, as this; nothing changed.
    SameKey(Box<CallerKey>),
    /// The key is there already, out of reach; nothing changed.
    Elsewhere,
    /// Another key of the project has the name; nothing changed.
    NameTaken(KeyId),
    /// There is no such project; nothing changed.
    UnknownProject,
}

/// What came of taking a key back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It is revoked now.
    Revoked(Box<CallerKey>),
    /// It had been revoked before; nothing changed.
    Before(Box<CallerKey>),
    /// There is no such key.
    Unknown,
}

/// What of a key can be changed: what is given is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChange {
    /// What its owner calls it.
    pub name: Option<String>,
    /// Whether its callers are refused rather than warned.
    pub is_strict: Option<bool>,
    /// Which bundle of limits it is on.
    pub plan: Option<PlanName>,
    /// What its callers may ask for.
    pub models: Option<KeyModels>,
    /// Who may serve them.
    pub providers: Option<KeyNames>,
    /// Where they may be served.
    pub regions: Option<KeyNames>,
    /// At which paths they may ask.
    pub routes: Option<KeyRoutes>,
    /// Where they may ask from.
    pub networks: Option<KeyNetworks>,
    /// All tags that it is to have.
    pub tags: Option<KeyTags>,
    /// From when on it is refused; never if that is `None`.
    pub expires_at: Option<Option<Timestamp>>,
}

impl KeyChange {
    /// What a key is after it.
    pub(super) fn apply(self, mut key: CallerKey) -> CallerKey {
        fn set<T>(place: &mut T, wish: Option<T>) {
            if let Some(wish) = wish {
                *place = wish;
            }
        }
        set(&mut key.name, self.name);
        set(&mut key.is_strict, self.is_strict);
        set(&mut key.plan, self.plan);
        set(&mut key.scopes.models, self.models);
        set(&mut key.scopes.providers, self.providers);
        set(&mut key.scopes.regions, self.regions);
        set(&mut key.scopes.routes, self.routes);
        set(&mut key.scopes.networks, self.networks);
        set(&mut key.tags, self.tags);
        set(&mut key.expires_at, self.expires_at);
        key
    }
}

/// What came of changing a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changing {
    /// It is now as asked, perhaps as it was before.
    Changed(Box<CallerKey>),
    /// It is revoked; nothing changed.
    Revoked(Box<CallerKey>),
    /// Another key of the project has the name; nothing changed.
    NameTaken(KeyId),
    /// There is no such key.
    Unknown,
}

/// A key's successor, as far as it is not as the key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// Names it in listings and commands.
    pub id: KeyId,
    /// Its first and last characters.
    pub hint: String,
    /// What it is looked up by.
    pub digest: KeyDigest,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// From when on the key before it is refused, unless it is before that.
    pub former_until: Timestamp,
}

/// What came of giving a key a successor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The key before, and the one after.
    Rotated(Box<CallerKey>, Box<CallerKey>),
    /// It is revoked; nothing changed.
    Revoked(Box<CallerKey>),
    /// It has a successor already; nothing changed.
    Before(Box<CallerKey>),
    /// There is no such key.
    Unknown,
}

/// What came of storing many keys at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Importing {
    /// All are stored, these with the organisations of their projects.
    Stored(Vec<CallerKey>),
    /// These cannot be, each by its place; nothing changed.
    Refused(Vec<(usize, ImportFlaw)>),
}

/// Why one of many keys cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportFlaw {
    /// The same key is there already, or is given twice: as this one, if it is within reach.
    SameKey(Option<KeyId>),
    /// Another key of the project has the name.
    NameTaken(KeyId),
    /// There is no such project.
    UnknownProject(ProjectId),
}

/// What a database promises to give later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Takes keys as they are read.
pub type TakeKey<'a> = &'a mut (dyn FnMut(LoadedKey<'_>) + Send);

/// The keys in a database. What it has answered to lasts, a power cut included.
pub trait KeyRecords: Send + Sync {
    /// Stores a new key, unless the key or its name is taken.
    fn create<'a>(&'a self, key: &'a KeyToStore, by: &'a Asker) -> Answer<'a, Creation>;

    /// The same with limits, which are stored with it or not at all.
    fn create_limited<'a>(
        &'a self,
        key: &'a KeyToStore,
        terms: &'a Terms,
        by: &'a Asker,
    ) -> Answer<'a, (Creation, Option<LimitEntry>)>;

    /// Stores all of these keys, or none and says why not. A dry one stores none in any case.
    fn import<'a>(&'a self, import: &'a KeyImport, by: &'a Asker) -> Answer<'a, Importing>;

    /// Takes a key back.
    fn revoke<'a>(&'a self, id: &'a KeyId, now: Timestamp, by: &'a Asker) -> Answer<'a, Revocation>;

    /// Changes a key that is not revoked.
    fn change<'a>(
        &'a self,
        id: &'a KeyId,
        change: KeyChange,
        now: Timestamp,
        by: &'a Asker,
    ) -> Answer<'a, Changing>;

    /// Gives a key a successor of the same name, for the same.
    fn rotate<'a>(&'a self, id: &'a KeyId, successor: &'a Successor, by: &'a Asker) -> Answer<'a, Rotation>;

    /// Keeps when keys were last used; those that are gone are passed over.
    fn keep_uses<'a>(&'a self, uses: &'a [(&'a KeyId, Timestamp)]) -> Answer<'a, ()>;

    /// Gives every key to `take`, in any order: what a start reads.
    fn load<'a>(&'a self, take: TakeKey<'a>) -> Answer<'a, ()>;

    /// The key of this id.
    fn find<'a>(&'a self, id: &'a KeyId, reach: &'a Reach) -> Answer<'a, Option<CallerKey>>;

    /// Up to `count` keys (at most [`KEYS_PER_PAGE_MAX`]) that fit, in order of id, byte by byte, which is that of
    /// creation, from behind `after`.
    fn list<'a>(
        &'a self,
        filter: &'a KeyFilter,
        after: Option<&'a KeyId>,
        count: u32,
        reach: &'a Reach,
    ) -> Answer<'a, Vec<CallerKey>>;
}
