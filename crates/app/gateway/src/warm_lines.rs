//! Which lines have connections opened ahead of requests: those in use, and those that stand in for them. How many, and how
//! often, is known to `upstream`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use routing::Moment;
use routing::health::Switch;
use tokio::time::Instant;
use upstream::Line;

use crate::serving::{ServedLine, ServedProvider, Serving};
use crate::worker::Worker;

/// A line counts as in use for so long after a request; also after it was made: a first request finds a connection.
const USE_LASTS: Duration = Duration::from_secs(300);
/// Lines of one worker that have connections ahead; those behind wait for their first request.
const WARM_LINES_MAX: usize = 64;

/// What one worker knows of the use of lines, by their ids.
#[derive(Debug, Default)]
pub(crate) struct WarmLines {
    used: HashMap<u64, Use>,
}

#[derive(Clone, Copy, Debug)]
struct Use {
    asked: u64,
    at: Instant,
}

/// Why a line is to be warm.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    is_in_use: bool,
    stands_in: bool,
}

impl WarmLines {
    /// Opens what is lacking.
    pub(crate) fn keep(&mut self, worker: &Worker) {
        if worker.gateway.is_draining() {
            return;
        }
        let serving = worker.gateway.serving();
        for line in self.wanted(&serving, Instant::now(), worker.gateway.moment()) {
            for warming in worker.client.warm(&line, worker.chance()) {
                worker.spawn(warming);
            }
        }
    }

    fn wanted(&mut self, serving: &Serving, now: Instant, moment: Moment) -> Vec<Arc<Line>> {
        if !serving.providers.iter().flat_map(|provider| &provider.lines).any(has_warmth) {
            self.used.clear();
            return Vec::new();
        }
        let mut wanted = self.in_use(serving, now);
        for route in serving.routes.named() {
            let places = route.targets.iter().map(|it| (usize::from(it.provider), usize::from(it.line)));
            if places.clone().any(|(provider, line)| wanted[provider][line].is_in_use) {
                places.for_each(|(provider, line)| wanted[provider][line].stands_in = true);
            }
        }
        let lines = serving.providers.iter().zip(wanted).flat_map(|(provider, wanted)| {
            let is_any_in_use = wanted.iter().any(|wanted| wanted.is_in_use);
            let line_count = provider.line_count();
            provider.lines.iter().zip(wanted).enumerate().filter_map(move |(place, (line, wanted))| {
                let stands_in = (wanted.stands_in || is_any_in_use) && place < line_count;
                (wanted.is_in_use || stands_in).then_some(line)
            })
        });
        let is_open = |line: &&ServedLine| {
            has_warmth(line)
                && !line.health.is_unreachable(moment)
                && line.health.switch_of_all() == Switch::On
        };
        lines.filter(is_open).take(WARM_LINES_MAX).map(|line| line.line.clone()).collect()
    }

    /// Which lines were asked of late, by the places of the snapshot. What is no longer configured is forgotten.
    fn in_use(&mut self, serving: &Serving, now: Instant) -> Vec<Vec<Wanted>> {
        let before = std::mem::take(&mut self.used);
        let mut of_line = |line: &ServedLine, is_with_first_key: bool| {
            let (id, asked) = (line.line.id(), line.health.asked());
            let at = match before.get(&id) {
                Some(known) if known.asked == asked => Some(known.at),
                Some(_) => Some(now),
                None => (asked > 0 || is_with_first_key).then_some(now),
            };
            if let Some(at) = at {
                self.used.insert(id, Use { asked, at });
            }
            Wanted { is_in_use: at.is_some_and(|at| now.duration_since(at) < USE_LASTS), stands_in: false }
        };
        let mut of_provider = |provider: &Arc<ServedProvider>| {
            let line_count = provider.line_count();
            let lines = provider.lines.iter().enumerate();
            lines.map(|(place, line)| of_line(line, place < line_count)).collect()
        };
        serving.providers.iter().map(&mut of_provider).collect()
    }
}

fn has_warmth(line: &ServedLine) -> bool {
    line.line.options().warm_connections > 0
}
