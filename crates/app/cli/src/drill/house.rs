//! A checked configuration as the rules look at it: each name with the steps behind it, each target with what is known of it.

use std::sync::Arc;
use std::time::Duration;

use config::{Line, Provider, Snapshot};
use providers::models::{Date, Row};
use routing::{Route, Target};

/// What is looked at.
pub(super) struct House<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) roads: Vec<Road>,
    /// The day, for what ends on one.
    pub(super) today: Option<Date>,
    /// Secrets that are not here.
    pub(super) stood_in: Vec<String>,
    /// Some secrets are here.
    pub(super) has_secrets: bool,
    /// What an operator has taken out, and why, where that is known.
    pub(super) switched: Vec<Switched>,
}

/// A name that callers ask for, and who serves it.
#[derive(Clone, Debug)]
pub(super) struct Road {
    pub(super) name: String,
    pub(super) route: Arc<Route>,
}

/// Something that is switched off.
#[derive(Clone, Debug)]
pub(super) struct Switched {
    pub(super) provider: String,
    pub(super) region: Option<String>,
    pub(super) model: Option<String>,
    pub(super) position: String,
    pub(super) reason: String,
}

/// A model at a provider, by all its lines and keys, within one step.
#[derive(Clone, Debug)]
pub(super) struct Server<'r> {
    pub(super) step: u16,
    pub(super) first: &'r Target,
    pub(super) targets: Vec<&'r Target>,
}

impl Road {
    /// Who serves it, in the order of the chain.
    pub(super) fn servers(&self) -> Vec<Server<'_>> {
        let mut servers: Vec<Server<'_>> = Vec::new();
        for tier in &self.route.tiers {
            for target in &self.route.targets[tier.targets.clone()] {
                let known = servers.iter_mut().find(|server| {
                    let is_same_model =
                        (server.first.provider, &server.first.model) == (target.provider, &target.model);
                    server.step == tier.step && is_same_model
                });
                match known {
                    Some(server) => server.targets.push(target),
                    None => servers.push(Server { step: tier.step, first: target, targets: vec![target] }),
                }
            }
        }
        servers
    }

    /// How many steps it has.
    pub(super) fn steps(&self) -> usize {
        self.route.tiers.last().map_or(0, |tier| usize::from(tier.step) + 1)
    }

    /// Each line by which it is served: the place of its provider, and its own place there.
    pub(super) fn lines(&self, house: &Snapshot) -> Vec<(usize, usize)> {
        let mut lines = Vec::new();
        for target in &self.route.targets {
            let line = line_place(house, target);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }
}

impl House<'_> {
    pub(super) fn provider(&self, target: &Target) -> &Provider {
        &self.snapshot.providers[usize::from(target.provider)]
    }

    pub(super) fn line(&self, target: &Target) -> &Line {
        let (provider, line) = line_place(self.snapshot, target);
        &self.snapshot.providers[provider].lines[line]
    }

    /// What is known of a target's model.
    pub(super) fn row<'h>(&'h self, road: &Road, target: &Target) -> Option<&'h Row> {
        self.provider(target).known.find(target.model.as_deref().unwrap_or(&road.name))
    }

    /// A target as an operator writes it.
    pub(super) fn label(&self, road: &Road, target: &Target) -> String {
        format!("{}/{}", self.provider(target).id, target.model.as_deref().unwrap_or(&road.name))
    }

    /// Whether more than one provider, or line, stands behind any name: only then there is something to go over to.
    pub(super) fn has_choice(&self) -> bool {
        self.roads.iter().any(|road| road.lines(self.snapshot).len() > 1)
    }

    /// How long a caller waits for a usual call at most: for the first token of a stream, and for a whole answer.
    pub(super) fn patience(&self, is_streaming: bool) -> Duration {
        let timeouts = &self.snapshot.timeouts;
        if is_streaming { timeouts.first_byte } else { timeouts.answer }
    }
}

/// The place of a target's provider, and the place of its line there.
pub(super) fn line_place(snapshot: &Snapshot, target: &Target) -> (usize, usize) {
    let provider = usize::from(target.provider);
    (provider, usize::from(target.line) % snapshot.providers[provider].lines.len().max(1))
}

/// The region that a line leads to: this gateway's own where none is said.
pub(super) fn region_of<'s>(snapshot: &'s Snapshot, line: &'s Line) -> &'s str {
    line.region.as_deref().unwrap_or(&snapshot.region)
}

/// Whether a target is for requests with nothing special about them, but that they are streamed or not.
pub(super) fn takes_ordinary(target: &Target, is_streaming: Option<bool>) -> bool {
    target.condition.as_ref().is_none_or(|condition| {
        condition.headers.is_empty()
            && condition.keys.is_empty()
            && condition.tags.is_empty()
            && condition.needs.are_none()
            && condition.tokens_min.is_none_or(|min| min == 0)
            && match (condition.is_streaming, is_streaming) {
                (Some(wanted), Some(is_streaming)) => wanted == is_streaming,
                _ => true,
            }
    })
}

/// Whether a provider is its vendor, and not somebody else at another address.
pub(super) fn is_at_home(provider: &Provider) -> bool {
    provider
        .kind
        .base_url
        .is_some_and(|home| provider.lines.iter().all(|line| line.base_url.to_string() == home))
}
