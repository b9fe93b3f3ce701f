//! The addresses of host names, remembered by one worker. The system tells no time to live, so ours is configured.
//!
//! A name is looked up once at a time, however many ask. While the resolver is down or silent, what it said
//! last is used on: a call that has an older answer waits for it a moment, and only the first one does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Shared};
use tokio::time::{Instant, timeout_at};

use super::resolver::{Resolver, system};

/// Most names that are remembered; above it the one looked up longest ago is forgotten.
const NAMES_MAX: usize = 1024;
/// How long a silent resolver is waited for when there is an older answer.
const SILENCE_MAX: Duration = Duration::from_millis(200);
/// After so long a lookup is given up, and another begun: its answer may lie there since nobody asked any more.
const LOOKUP_MAX: Duration = Duration::from_secs(60);
/// How long a resolver that failed is left alone when there is an older answer.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

/// How long an answer is good for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetimes {
    /// Used without asking again.
    pub(super) fresh: Duration,
    /// Used after that, while asking again fails.
    pub(super) stale: Duration,
}

/// Addresses in the resolver's order; never empty.
pub(super) type Addresses = Rc<[IpAddr]>;

/// A lookup that everybody waits for together. It goes on when its first asker leaves.
type Lookup = Shared<LocalBoxFuture<'static, Result<Addresses, Rc<io::Error>>>>;

/// The names of one worker. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Names {
    known: Rc<RefCell<HashMap<String, Entry>>>,
    resolver: Resolver,
    /// What stands in the place of names and all that follows from them.
    #[cfg(feature = "given-network")]
    given: Option<crate::given::GivenNetwork>,
}

/// What is known about a name.
#[derive(Default)]
struct Entry {
    answer: Option<Answer>,
    lookup: Option<(Lookup, Instant)>,
}

struct Answer {
    addresses: Addresses,
    at: Instant,
    /// Not asked again before.
    quiet_until: Option<Instant>,
    /// None of the addresses could be reached: asked again at once.
    is_doubted: bool,
}

impl Default for Names {
    fn default() -> Self {
        Self::new(system())
    }
}

impl Names {
    pub(crate) fn new(resolver: Resolver) -> Self {
        Self {
            known: Rc::default(),
            resolver,
            #[cfg(feature = "given-network")]
            given: None,
        }
    }

    /// No names: connections come from a test's own network.
    #[cfg(feature = "given-network")]
    pub(crate) fn given(network: crate::given::GivenNetwork) -> Self {
        Self { given: Some(network), ..Self::default() }
    }

    /// The network that is given in the place of the system's.
    #[cfg(feature = "given-network")]
    pub(super) const fn given_network(&self) -> Option<&crate::given::GivenNetwork> {
        self.given.as_ref()
    }

    /// The addresses of `host`: remembered, asked for, or remembered after all.
    pub(super) async fn addresses(&self, host: &str, lifetimes: Lifetimes) -> io::Result<Addresses> {
        let now = Instant::now();
        if let Some(fresh) = self.fresh(host, lifetimes, now) {
            return Ok(fresh);
        }
        let (lookup, since) = self.lookup(host, now);
        let Some(stale) = self.stale(host, lifetimes, now) else {
            return lookup.await.map_err(|error| io::Error::new(error.kind(), error.to_string()));
        };
        match timeout_at(since + SILENCE_MAX, lookup).await {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(_)) | Err(_) => Ok(stale),
        }
    }

    /// Tells that none of the addresses of `host` could be reached: perhaps it has moved.
    pub(super) fn doubt(&self, host: &str) {
        if let Some(answer) = self.known.borrow_mut().get_mut(host).and_then(|entry| entry.answer.as_mut()) {
            answer.is_doubted = true;
        }
    }

    fn fresh(&self, host: &str, lifetimes: Lifetimes, now: Instant) -> Option<Addresses> {
        let known = self.known.borrow();
        let answer = known.get(host)?.answer.as_ref()?;
        let is_fresh = !answer.is_doubted && now < answer.at + lifetimes.fresh;
        let is_quiet =
            answer.quiet_until.is_some_and(|until| now < until) && answer.is_usable(lifetimes, now);
        (is_fresh || is_quiet).then(|| answer.addresses.clone())
    }

    fn stale(&self, host: &str, lifetimes: Lifetimes, now: Instant) -> Option<Addresses> {
        let known = self.known.borrow();
        let answer = known.get(host)?.answer.as_ref()?;
        answer.is_usable(lifetimes, now).then(|| answer.addresses.clone())
    }

    /// The lookup that is under way, else a new one; and when it began.
    fn lookup(&self, host: &str, now: Instant) -> (Lookup, Instant) {
        let mut known = self.known.borrow_mut();
        let under_way = known.get(host).and_then(|entry| entry.lookup.clone());
        if let Some(under_way) = under_way.filter(|(_, since)| now < *since + LOOKUP_MAX) {
            return under_way;
        }
        if !known.contains_key(host) {
            make_room(&mut known);
        }
        let asked = (self.resolver)(host);
        // Weak, so that a lookup that never ends keeps nothing alive but itself.
        let (home, name) = (Rc::downgrade(&self.known), host.to_owned());
        let lookup = async move {
            let outcome = match asked.await {
                Ok(addresses) if addresses.is_empty() => Err(Rc::new(io::ErrorKind::NotFound.into())),
                Ok(addresses) => Ok(Addresses::from(addresses)),
                Err(error) => Err(Rc::new(error)),
            };
            if let Some(known) = home.upgrade() {
                settle(&mut known.borrow_mut(), &name, now, &outcome);
            }
            outcome
        };
        let lookup = lookup.boxed_local().shared();
        known.entry(host.to_owned()).or_default().lookup = Some((lookup.clone(), now));
        (lookup, now)
    }
}

impl Answer {
    fn is_usable(&self, lifetimes: Lifetimes, now: Instant) -> bool {
        now < self.at + lifetimes.fresh + lifetimes.stale
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").field("known", &self.known.borrow().len()).finish_non_exhaustive()
    }
}

/// Remembers what the lookup that began at `since` brought.
fn settle(
    known: &mut HashMap<String, Entry>,
    host: &str,
    since: Instant,
    outcome: &Result<Addresses, Rc<io::Error>>,
) {
    let Some(entry) = known.get_mut(host) else { return };
    // It may have been given up.
    if entry.lookup.as_ref().is_none_or(|(_, began)| *began != since) {
        return;
    }
    entry.lookup = None;
    match (outcome, &mut entry.answer) {
        (Ok(addresses), answer) => {
            let addresses = addresses.clone();
            *answer = Some(Answer { addresses, at: since, quiet_until: None, is_doubted: false });
        }
        (Err(_), Some(answer)) => answer.quiet_until = Some(Instant::now() + FAILURE_PAUSE),
        (Err(_), None) => {
            known.remove(host);
        }
    }
}

/// Forgets the name looked up longest ago, if there is no room for another.
fn make_room(known: &mut HashMap<String, Entry>) {
    if known.len() < NAMES_MAX {
        return;
    }
    // One that is being looked up is somebody's: it goes last.
    let worth = |entry: &Entry| (entry.lookup.is_some(), entry.answer.as_ref().map(|answer| answer.at));
    let oldest = known.iter().min_by_key(|(_, entry)| worth(entry)).map(|(host, _)| host.clone());
    if let Some(oldest) = oldest {
        known.remove(&oldest);
    }
}
