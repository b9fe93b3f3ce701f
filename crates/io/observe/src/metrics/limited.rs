//! What came of limits, by whose they are and what they measure. Few of these ever occur, so a search beats a table of all.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::counter::Counter;
use super::exposition::Exposition;

/// Six scopes, eight measures, three outcomes, and room.
const PLACES_MAX: usize = 160;

/// Whose limit, of what, and what came of it.
pub type LimitOutcome = (&'static str, &'static str, &'static str);

/// The numbers of one worker.
#[derive(Debug, Default)]
pub(crate) struct LimitCounts {
    places: OnceLock<Box<[Place; PLACES_MAX]>>,
}

#[derive(Debug, Default)]
struct Place {
    what: OnceLock<LimitOutcome>,
    count: Counter,
}

impl LimitCounts {
    pub(crate) fn add(&self, what: LimitOutcome) {
        let places = self.places.get_or_init(|| Box::new(std::array::from_fn(|_| Place::default())));
        let place = places.iter().find(|place| *place.what.get_or_init(|| what) == what);
        debug_assert!(place.is_some(), "more than {PLACES_MAX} outcomes of limits");
        if let Some(place) = place {
            place.count.add(1);
        }
    }

    fn read(&self) -> impl Iterator<Item = (LimitOutcome, u64)> {
        let places = self.places.get().into_iter().flat_map(|places| places.iter());
        places.filter_map(|place| Some((*place.what.get()?, place.count.read())))
    }
}

/// The family of all workers together.
pub(super) fn render<'a>(
    out: &mut Exposition,
    workers: impl Iterator<Item = &'a LimitCounts>,
    service: &str,
) {
    let mut sums = BTreeMap::<LimitOutcome, u64>::new();
    for (what, count) in workers.flat_map(LimitCounts::read) {
        *sums.entry(what).or_default() += count;
    }
    let name = "ai_gateway_limited_total";
    out.family(
        name,
        "counter",
        "Calls that reached a limit, by whose it is, what it measures and what came of it.",
    );
    for ((scope, measure, outcome), count) in sums {
        let labels = format!("{service},scope=\"{scope}\",measure=\"{measure}\",outcome=\"{outcome}\"");
        out.sample(name, &labels, count);
    }
}
