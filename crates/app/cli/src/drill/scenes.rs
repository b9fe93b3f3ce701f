//! Which faults are played where, and what came of each.

use std::time::Duration;

use config::Snapshot;
use serde_json::{Value, json};

use super::caller::{Answer, Purpose, Seen};
use super::faults::{Fault, Then};
use super::house::{House, Road, line_place, takes_ordinary};
use super::pace::Pace;
use super::stage::Place;

/// So many places of one name are played at most.
const SITES_MAX: usize = 6;

/// Where a fault happens: a line, a provider, a region, or what of these is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) label: String,
    pub(super) places: Vec<Place>,
}

/// A fault at a place, and what a caller saw.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) model: String,
    /// None where everybody is well.
    pub(super) fault: Option<&'static Fault>,
    pub(super) site: Site,
    pub(super) is_streaming: bool,
    /// How many targets stand elsewhere.
    pub(super) elsewhere: usize,
    /// Whether the call came to where the fault is.
    pub(super) is_met: bool,
    /// How much faster than in the house.
    pub(super) pace: Pace,
    pub(super) answer: Answer,
}

impl Scene {
    /// Whether it came as it has to. What nobody could have done better is as it has to be, as long as the caller is told.
    pub(super) fn is_as_it_should(&self) -> bool {
        let is_whole = self.answer.seen == Seen::Whole;
        let is_honest = !matches!(self.answer.seen, Seen::HalfAsWhole | Seen::NoEnd);
        match self.fault.map(|fault| fault.then(self.is_streaming)) {
            None | Some(Then::Answered) => is_whole,
            Some(Then::Elsewhere) => is_whole || self.elsewhere == 0 && is_honest,
            Some(Then::Told | Then::BrokenOff) => is_honest,
        }
    }

    pub(super) fn json(&self, patience: &[Duration; 2]) -> Value {
        let (status, code) = match &self.answer.seen {
            Seen::Whole | Seen::HalfAsWhole => (Some(200), None),
            Seen::Refused { status, code } => (Some(*status), Some(code)),
            Seen::BrokenOff { code } => (Some(200), Some(code)),
            Seen::NoEnd => (None, None),
        };
        json!({
            "model": self.model,
            "fault": self.fault.map(|fault| fault.name),
            "at": self.site.label,
            "stream": self.is_streaming,
            "seen": name(&self.answer.seen),
            "status": status,
            "error": code,
            "as_it_should": self.is_as_it_should(),
            "met": self.is_met,
            "elsewhere": self.elsewhere,
            "provider": self.answer.provider,
            "served_model": self.answer.model,
            "attempts": self.answer.attempts,
            "took_ms_in_drill": self.answer.took.as_millis() as u64,
            "took_percent_of_limit": self.took_percent(patience),
        })
    }

    /// How long it took, of what a caller waits at most in the house: for a stream to begin, and for a whole answer.
    pub(super) fn took_percent(&self, patience: &[Duration; 2]) -> u64 {
        let in_house = self.pace.in_house(self.answer.took).as_secs_f64();
        let limit = patience[usize::from(!self.is_streaming)].as_secs_f64();
        (100.0 * in_house / limit).round() as u64
    }

    /// What a caller saw, in few words.
    pub(super) fn seen(&self) -> String {
        match &self.answer.seen {
            Seen::Whole => {
                format!("answered by {}", self.answer.provider.as_deref().unwrap_or("somebody"))
            }
            // Codes may be the status again, by `errors.code: numeric`.
            Seen::Refused { status, code } if *code == status.to_string() => code.clone(),
            Seen::Refused { status, code } => format!("{status} {code}"),
            Seen::BrokenOff { code } => format!("broken off, told: {code}"),
            Seen::HalfAsWhole => "HALF AN ANSWER AS A WHOLE ONE".to_owned(),
            Seen::NoEnd => "NO END".to_owned(),
        }
    }
}

const fn name(seen: &Seen) -> &'static str {
    match seen {
        Seen::Whole => "whole",
        Seen::Refused { .. } => "refused",
        Seen::BrokenOff { .. } => "broken_off",
        Seen::HalfAsWhole => "half_as_whole",
        Seen::NoEnd => "no_end",
    }
}

/// What a name is asked for; `None` where it is neither a conversation nor an embedding.
pub(super) fn purpose(house: &House<'_>, road: &Road) -> Option<Purpose> {
    let row = house.row(road, &road.route.targets[0]);
    match row.and_then(|row| row.surface.as_deref()) {
        None => Some(Purpose::Conversation),
        Some("embeddings") => Some(Purpose::Embedding),
        Some(_) => None,
    }
}

/// Places where an outage would be met by calls of a name: of those who are asked first the first line, each provider, and
/// each region.
pub(super) fn sites(snapshot: &Snapshot, road: &Road, is_streaming: bool) -> Vec<Site> {
    let ordinary = |place: &usize| takes_ordinary(&road.route.targets[*place], Some(is_streaming));
    let Some(first_tier) =
        road.route.tiers.iter().find(|tier| tier.targets.clone().any(|place| ordinary(&place)))
    else {
        return Vec::new();
    };
    let first_step: Vec<Place> = road
        .route
        .tiers
        .iter()
        .filter(|tier| tier.step == first_tier.step)
        .flat_map(|tier| tier.targets.clone().filter(ordinary))
        .map(|place| line_place(snapshot, &road.route.targets[place]))
        .collect();
    let all = road.lines(snapshot);
    let provider = |place: Place| &snapshot.providers[place.0];
    let region = |place: Place| provider(place).lines[place.1].region.as_deref();
    let mut sites: Vec<Site> = Vec::new();
    let mut add = |label: String, is_there: &dyn Fn(Place) -> bool| {
        let places: Vec<Place> = all.iter().copied().filter(|place| is_there(*place)).collect();
        match sites.iter().position(|site| site.places == places) {
            Some(known) if sites[known].label.split(", ").any(|known| known == label) => {}
            Some(known) => sites[known].label = format!("{}, {label}", sites[known].label),
            None if sites.len() < SITES_MAX => sites.push(Site { label, places }),
            None => {}
        }
    };
    let first = first_step[0];
    let line = match provider(first).lines.len() {
        1 => "its line".to_owned(),
        _ => format!("line {}", first.1 + 1),
    };
    add(format!("{} of {}", line, provider(first).id), &|place| place == first);
    for step in &first_step {
        add(format!("provider {}", provider(*step).id), &|place| place.0 == step.0);
    }
    // Where no region is said nobody knows who would be down together.
    for name in first_step.iter().filter_map(|step| region(*step)) {
        add(format!("region {name}"), &|place| region(place) == Some(name));
    }
    sites
}

/// How many of those who are asked by such calls stand elsewhere.
pub(super) fn elsewhere(snapshot: &Snapshot, road: &Road, site: &Site, is_streaming: bool) -> usize {
    let others = road.route.targets.iter().filter(|target| {
        takes_ordinary(target, Some(is_streaming)) && !site.places.contains(&line_place(snapshot, target))
    });
    others.count()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use config::{Overrides, Snapshot, Sources};

    use super::{elsewhere, sites};
    use crate::drill::house::Road;

    const TEXT: &str = "\
        providers:\n  \
          one: { lines: [{ base_url: 'http://a.internal/v1', region: eu }, { base_url: 'http://b.internal/v1', region: us }] }\n  \
          two: { base_url: 'http://c.internal/v1', region: eu }\n  \
          three: { base_url: 'http://d.internal/v1' }\n\
        models:\n  \
          chain: { targets: [one/m, two/m] }\n  \
          pool: { policy: weighted, targets: [two/m, three/m] }\n  \
          streams: { targets: [{ provider: two, model: m, when: { stream: false } }, three/m] }\n";

    fn snapshot() -> Snapshot {
        let sources = Sources {
            text: Some(("bellwether.yaml", TEXT)),
            catalog: None,
            env: &|_| None,
            env_names: Vec::new(),
            read_file: &|_| Err("there are no files".to_owned()),
            stored: &|_| config::Stored::NotOpen,
            overrides: Overrides::default(),
        };
        config::check(&sources).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    /// Each place of a name, and how many targets stand elsewhere.
    fn played(name: &str, is_streaming: bool) -> Vec<(String, usize)> {
        let snapshot = snapshot();
        let road =
            Road { name: name.to_owned(), route: Arc::new((*snapshot.routes.find(name).unwrap()).clone()) };
        let sites = sites(&snapshot, &road, is_streaming).into_iter();
        sites.map(|site| (site.label.clone(), elsewhere(&snapshot, &road, &site, is_streaming))).collect()
    }

    #[test]
    fn a_line_a_provider_and_a_region_fall() {
        let places = |all: &[(&str, usize)]| {
            all.iter().map(|(label, elsewhere)| ((*label).to_owned(), *elsewhere)).collect::<Vec<_>>()
        };
        let chain = [("line 1 of one", 2), ("provider one", 1), ("region eu", 1), ("region us", 2)];
        assert_eq!(played("chain", true), places(&chain));
        // Of those who share the calls each may be the first; nobody knows where one without a region is.
        let pool = [("its line of two, provider two, region eu", 1), ("provider three", 1)];
        assert_eq!(played("pool", true), places(&pool));
        assert_eq!(played("streams", true), places(&[("its line of three, provider three", 0)]));
        assert_eq!(
            played("streams", false),
            places(&[("its line of two, provider two, region eu", 1)]),
            "who is not for such calls is not played"
        );
    }
}
