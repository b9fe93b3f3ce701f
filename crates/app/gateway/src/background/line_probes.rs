//! Probing lines that nobody asks, at no cost, so that one that is dead is found before a caller finds it. What follows from
//! a probe is `routing`'s to decide.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use http::HeaderValue;
use http::header::ACCEPT;
use observe::Level;
use providers::KeyCheck;
use routing::health::{ProbeRules, Probed, Probing, Reach, Switch, WayHealth};
use routing::{Moment, Rng};
use tokio::time::{Instant, sleep, timeout};
use upstream::{Body, Client, Line, Request};

use crate::gateway::Gateway;
use crate::serving::{ServedProvider, Serving};

/// How long after it was first seen a line is probed, plus up to as much again.
const FIRST_AFTER: Duration = Duration::from_secs(1);
/// How often it is looked which lines are due at least: a reload may have brought others.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Lines that are probed at the same time.
const PROBES_AT_ONCE_MAX: usize = 8;

/// Probes lines for ever; nobody waits for it.
pub async fn probe_lines(gateway: &Gateway) {
    let mut prober = Prober {
        gateway,
        client: Client::default(),
        lines: HashMap::new(),
        rng: Rng::new(gateway.started_at_ms() as u64 ^ u64::from(gateway.node)),
    };
    let mut asking = FuturesUnordered::new();
    loop {
        let due = prober.begin(PROBES_AT_ONCE_MAX - asking.len());
        asking.extend(due);
        tokio::select! {
            Some((id, found)) = asking.next() => prober.end(id, &found),
            () = sleep(prober.until_next()) => {}
        }
    }
}

/// What one probe found, and why.
struct Found {
    probed: Probed,
    words: String,
}

type Probe = LocalBoxFuture<'static, (u64, Found)>;

struct Prober<'g> {
    gateway: &'g Gateway,
    client: Client,
    /// By the line's id with its first credential.
    lines: HashMap<u64, Watched>,
    rng: Rng,
}

/// A line that is looked at now and then.
struct Watched {
    provider: String,
    region: String,
    /// All ways over it: whether somebody is there does not depend on the key.
    ways: Vec<Arc<WayHealth>>,
    probing: Probing,
    due: Option<Instant>,
    is_asked: bool,
    /// What its probes have against it; `Unknown` for nothing.
    against: Reach,
    /// Its path was dead when it was looked at last.
    was_dead: bool,
    /// It is in the present configuration.
    is_served: bool,
}

impl Prober<'_> {
    /// The probes that are due, up to `count`.
    fn begin(&mut self, count: usize) -> Vec<Probe> {
        let serving = self.gateway.serving();
        self.lines.values_mut().for_each(|watched| watched.is_served = false);
        let mut begun = Vec::new();
        for provider in &serving.providers {
            let Some(check) = provider.key_check else { continue };
            for (line, ways) in lines(provider) {
                self.watch(provider, line, ways);
                if begun.len() < count
                    && let Some(watched) = self.lines.get_mut(&line.id())
                    && watched.is_due(&serving, self.gateway, &mut self.rng)
                {
                    watched.is_asked = true;
                    begun.push(probe(&self.client, line, check, serving.probes.timeout));
                }
            }
        }
        self.lines.retain(|_, watched| watched.is_served || watched.is_asked);
        begun
    }

    fn watch(&mut self, provider: &ServedProvider, line: &Line, ways: Vec<Arc<WayHealth>>) {
        let first = FIRST_AFTER.mul_f64(1.0 + self.rng.fraction());
        let region = line.options().region.clone().unwrap_or_default();
        let watched = self.lines.entry(line.id()).or_insert_with(|| Watched {
            provider: provider.id().to_owned(),
            region,
            ways: Vec::new(),
            probing: Probing::default(),
            due: Some(Instant::now() + first),
            is_asked: false,
            against: Reach::Unknown,
            was_dead: false,
            is_served: true,
        });
        watched.ways = ways;
        watched.is_served = true;
    }

    fn end(&mut self, id: u64, found: &Found) {
        let serving = self.gateway.serving();
        let Some(watched) = self.lines.get_mut(&id) else { return };
        watched.is_asked = false;
        let now = self.gateway.moment();
        // A call that was answered meanwhile says more.
        let reach = watched.probing.found(found.probed, &serving.probes);
        let reach = if reach != Reach::Answering && watched.is_answering(now) {
            watched.probing.call_answered();
            Reach::Unknown
        } else {
            reach
        };
        watched.ways.iter().for_each(|way| way.probed(reach, now));
        watched.follow_path(self.gateway, now);
        watched.stands(reach, self.gateway, &found.words);
        watched.plan(&serving.probes, &serving, self.gateway, &mut self.rng);
    }

    fn until_next(&self) -> Duration {
        let now = Instant::now();
        let waiting = self.lines.values().filter(|watched| !watched.is_asked);
        let next = waiting.filter_map(|watched| watched.due).min();
        // A moment at least: where too many are due, the next end makes room.
        next.map_or(LOOK_EVERY, |due| due.saturating_duration_since(now))
            .clamp(Duration::from_millis(10), LOOK_EVERY)
    }
}

impl Watched {
    /// Whether it is to be asked now. Where calls are answered nothing need be asked.
    fn is_due(&mut self, serving: &Serving, gateway: &Gateway, rng: &mut Rng) -> bool {
        if self.is_asked {
            return false;
        }
        if serving.probes.every.is_none() {
            // Who asks no more must not go on believing what was found.
            self.found_well(gateway);
            return false;
        }
        let now = gateway.moment();
        // The sooner it is known whether the network carries again, the better.
        let has_died = self.follow_path(gateway, now);
        if !has_died && self.due.is_some_and(|due| due > Instant::now()) {
            return false;
        }
        let is_off = self.ways.iter().all(|way| way.switch_of_all() == Switch::Off);
        let is_answering = self.is_answering(now);
        if is_answering {
            self.probing.call_answered();
            self.found_well(gateway);
        }
        if is_off || is_answering {
            self.plan(&serving.probes, serving, gateway, rng);
            return false;
        }
        true
    }

    fn is_dead(&self, now: Moment) -> bool {
        self.ways.iter().any(|way| way.path.is_dead(now))
    }

    /// Whether a call was answered of late; by a path that has died since, that says nothing.
    fn is_answering(&self, now: Moment) -> bool {
        !self.is_dead(now) && self.ways.iter().any(|way| way.has_answered_lately(now))
    }

    fn found_well(&mut self, gateway: &Gateway) {
        if self.against != Reach::Unknown {
            let now = gateway.moment();
            self.ways.iter().for_each(|way| way.probed(Reach::Unknown, now));
            self.stands(Reach::Unknown, gateway, "");
        }
    }

    fn plan(&mut self, rules: &ProbeRules, serving: &Serving, gateway: &Gateway, rng: &mut Rng) {
        let now = gateway.moment();
        let is_left_alone = |way: &Arc<WayHealth>| way.is_any_left_alone(&serving.health.rules, now);
        let is_any_left_alone = self.is_dead(now) || self.ways.iter().any(is_left_alone);
        self.due = self.probing.wait(is_any_left_alone, rules, rng).map(|wait| Instant::now() + wait);
    }

    /// Tells of a path that carries again; says whether it has died since it was looked at last.
    fn follow_path(&mut self, gateway: &Gateway, now: Moment) -> bool {
        let is_dead = self.is_dead(now);
        let was_dead = std::mem::replace(&mut self.was_dead, is_dead);
        if was_dead && !is_dead {
            let fields: [(&str, &dyn Display); 2] = [("provider", &self.provider), ("region", &self.region)];
            gateway.log.event(Level::Info, "the network carries again over a line", &fields);
        }
        is_dead && !was_dead
    }

    /// Tells of what its probes have against it, if that is another thing than before.
    fn stands(&mut self, reach: Reach, gateway: &Gateway, words: &str) {
        let against = if reach == Reach::Answering { Reach::Unknown } else { reach };
        if std::mem::replace(&mut self.against, against) == against {
            return;
        }
        let (level, message) = match against {
            Reach::Unreachable => {
                (Level::Warn, "probes do not reach a line: it is asked only if nobody else is left")
            }
            Reach::Doubtful => (Level::Warn, "probes of a line fail: it is asked less"),
            Reach::Unknown | Reach::Answering => (Level::Info, "a line is reached again"),
        };
        gateway.log.event(
            level,
            message,
            &[("provider", &self.provider), ("region", &self.region), ("reason", &words)],
        );
    }
}

/// Each line of a provider with its first credential, and all ways over it.
fn lines(provider: &ServedProvider) -> Vec<(&Arc<Line>, Vec<Arc<WayHealth>>)> {
    let by_credential: Vec<_> = provider.by_credential().map(|(_, lines)| lines).collect();
    let Some(first) = by_credential.first() else { return Vec::new() };
    let ways = |place: usize| by_credential.iter().filter_map(move |lines| lines.get(place));
    let each = first.iter().enumerate();
    each.map(|(place, served)| (&served.line, ways(place).map(|way| way.health.clone()).collect())).collect()
}

fn probe(client: &Client, line: &Arc<Line>, check: KeyCheck, limit: Duration) -> Probe {
    let (client, line) = (client.clone(), line.clone());
    Box::pin(async move {
        let found = match timeout(limit, ask(&client, &line, check)).await {
            Ok(found) => found,
            Err(_) => {
                let words = format!("it did not answer within {} ms", limit.as_millis());
                Found { probed: Probed::Silent, words }
            }
        };
        (line.id(), found)
    })
}

async fn ask(client: &Client, line: &Arc<Line>, check: KeyCheck) -> Found {
    let accept = (ACCEPT, HeaderValue::from_static("application/json"));
    let headers = [(&accept.0, &accept.1)].into_iter();
    let request = Request::new(line, "GET", check.path, headers, Body::Pieces(&[]));
    // Over a new connection: that one from before is open says little. The body is not read, which closes it.
    match client.send(line, &request, None).await {
        Ok(reply) if matches!(reply.status.as_u16(), 500 | 502..=504 | 520..=529) => {
            Found { probed: Probed::Failed, words: format!("it answered {}", reply.status.as_u16()) }
        }
        Ok(_) => Found { probed: Probed::Answered, words: String::new() },
        Err(failure) => {
            let probed = if failure.is_unsent() { Probed::Unreachable } else { Probed::Silent };
            Found { probed, words: failure.to_string() }
        }
    }
}
