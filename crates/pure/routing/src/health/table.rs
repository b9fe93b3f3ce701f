//! The health of everybody: by provider, way and model. Its parts outlive a reload of the configuration.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::breaker::{BreakerRules, Standing};
use super::key_rest::KeyRest;
use super::model_places::{MODELS_MAX, ModelPlaces};
use super::path::PathHealth;
use super::switch::{Switch, Switches};
use super::target_health::TargetHealth;
use crate::moment::Moment;
use crate::overload::{AdaptiveRules, Bounds, Limited, UNLIMITED};
use crate::routes::Routes;
use crate::target::Target;

/// So many places are kept for models that are configured or in the catalogue; the others are for names that nobody knew of.
const KEPT_MAX: usize = 48;

/// Whether anybody is at the other end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nobody has asked yet.
    Unknown,
    /// Somebody answers, whatever he says.
    Answering,
    /// Somebody answers, and says that he has failed.
    Doubtful,
    /// Nobody does.
    Unreachable,
}

/// The health of one way: one line of a provider with one of its keys.
#[derive(Debug)]
pub struct WayHealth {
    models: [OnceLock<Arc<TargetHealth>>; MODELS_MAX],
    switches: Switches,
    /// Whether probes find anybody there, as a [`Reach`].
    reach: AtomicU8,
    /// Whether the network carries what is sent by it.
    pub path: PathHealth,
    /// Whether its key is left alone; shared by all ways with that key.
    pub key: Arc<KeyRest>,
}

impl WayHealth {
    /// Of a way that nobody knows anything about yet.
    pub fn new(key: Arc<KeyRest>) -> Self {
        Self {
            models: [const { OnceLock::new() }; MODELS_MAX],
            switches: Switches::default(),
            reach: AtomicU8::new(Reach::Unknown as u8),
            path: PathHealth::default(),
            key,
        }
    }

    /// Attempts and answers under way, of one model or of all.
    fn running(&self, place: Option<usize>) -> u32 {
        let places = place.map_or(0..MODELS_MAX, |place| place..place + 1);
        self.models[places].iter().filter_map(OnceLock::get).map(|health| health.in_flight()).sum()
    }

    /// Of the model at this place.
    pub fn model(&self, place: usize) -> &Arc<TargetHealth> {
        self.models[place].get_or_init(Arc::default)
    }

    /// Of the model at this place, if it was ever asked for.
    pub fn known_model(&self, place: usize) -> Option<&Arc<TargetHealth>> {
        self.models[place].get()
    }

    /// Whether an operator has taken a model out, here or everywhere.
    pub fn switch(&self, model: &str) -> Switch {
        self.switches.of(model)
    }

    /// Whether an operator, the probes or the path have something to say against it, or against some model here.
    pub(crate) fn is_set_apart(&self, now: Moment) -> bool {
        let do_probes_object = self.reach.load(Ordering::Relaxed) >= Reach::Doubtful as u8;
        self.switches.are_any() || do_probes_object || self.path.is_dead(now)
    }

    /// Whether probes find nobody there, or its path is dead: it is asked only if nobody else is left.
    pub fn is_unreachable(&self, now: Moment) -> bool {
        self.do_probes_fail() || self.path.is_dead(now)
    }

    fn do_probes_fail(&self) -> bool {
        self.reach.load(Ordering::Relaxed) == Reach::Unreachable as u8
    }

    /// Whether probes find somebody there who says that he has failed: it is asked, but less.
    pub fn is_doubtful(&self) -> bool {
        self.reach.load(Ordering::Relaxed) == Reach::Doubtful as u8
    }

    /// Takes in what probes have found; `Unknown` takes back what they had against it. Who could not be reached and is there
    /// again is tried at once, not at the end of his time: that he was left alone for.
    pub fn probed(&self, reach: Reach, now: Moment) {
        let is_nothing_new = reach == Reach::Unknown && !self.is_doubtful() && !self.do_probes_fail();
        if !is_nothing_new {
            self.reach.store(reach as u8, Ordering::Relaxed);
        }
        if matches!(reach, Reach::Answering | Reach::Doubtful) && self.path.is_doubted() {
            self.path.carried();
        }
        if reach == Reach::Answering {
            self.models().for_each(|health| health.is_there_again(now));
        }
    }

    /// Whether anybody is there, as far as calls and probes tell.
    pub fn reach(&self, now: Moment) -> Reach {
        if self.is_unreachable(now) {
            Reach::Unreachable
        } else if self.is_doubtful() {
            Reach::Doubtful
        } else if self.reach.load(Ordering::Relaxed) == Reach::Answering as u8
            || self.has_answered_lately(now)
        {
            Reach::Answering
        } else {
            Reach::Unknown
        }
    }

    /// Whether a call was answered here in the last ten seconds.
    pub fn has_answered_lately(&self, now: Moment) -> bool {
        self.models().any(|health| health.recent(now).0 > 0)
    }

    /// Whether any model is left alone here, or on trial.
    pub fn is_any_left_alone(&self, rules: &BreakerRules, now: Moment) -> bool {
        let is_well = |standing| matches!(standing, Standing::Closed { .. } | Standing::Troubled);
        self.models().any(|health| !is_well(health.standing(rules, now)))
    }

    pub(super) fn models(&self) -> impl Iterator<Item = &Arc<TargetHealth>> {
        self.models.iter().filter_map(OnceLock::get)
    }

    /// Attempts since the start, of all its models.
    pub fn asked(&self) -> u64 {
        self.models().map(|health| health.asked()).sum()
    }

    /// Whether an operator has taken all models out.
    pub fn switch_of_all(&self) -> Switch {
        self.switches.whole()
    }

    /// Takes all models out or back in, and single ones beside.
    pub fn set_switches(&self, all: Switch, models: Vec<(Arc<str>, Switch)>) {
        self.switches.set(all, models);
    }
}

/// The health of one provider.
#[derive(Clone, Debug, Default)]
pub struct ProviderHealth {
    /// What its models' places are.
    pub models: Arc<ModelPlaces>,
    /// Its ways, in the snapshot's order.
    pub ways: Vec<Arc<WayHealth>>,
    /// A key that rests is left alone only where there is another.
    pub has_other_keys: bool,
    /// How many of its targets' requests may be under way, learnt from their refusals.
    pub adaptive: AdaptiveRules,
    /// How many requests it may have in all.
    pub limit: Option<Limited>,
    /// How many those that go by one way may be, all that share its line counted; empty where no line has a limit.
    pub line_limits: Vec<Option<Limited>>,
}

impl ProviderHealth {
    /// Attempts and answers under way by one of its ways, of one model or of all.
    pub fn running(&self, way: usize, model: Option<&str>) -> u32 {
        let Some(model) = model else { return self.ways[way].running(None) };
        let place = self.models.known().find(|(_, name)| *name == model).map(|(place, _)| place);
        place.map_or(0, |place| self.ways[way].running(Some(place)))
    }

    /// What bounds how many requests one of its targets has at once.
    fn bounds(&self, target: &Target) -> Bounds<'_> {
        let line_limit = self.line_limits.get(usize::from(target.line)).and_then(Option::as_ref);
        Bounds {
            max: target.concurrent_max.unwrap_or(UNLIMITED),
            adaptive: self.adaptive,
            shared: [self.limit.as_ref(), line_limit],
        }
    }

    /// Whether one who comes anew would have to wait for one of its targets. Mostly there is nothing to wait for.
    pub(crate) fn is_full(&self, target: &Target, health: &TargetHealth) -> bool {
        let is_bounded = target.concurrent_max.is_some()
            || self.limit.is_some()
            || !self.line_limits.is_empty()
            || health.has_learnt(self.adaptive);
        is_bounded && health.is_full(&self.bounds(target))
    }
}

/// The health of everybody, by the places of the snapshot.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// When breakers open and close.
    pub rules: Arc<BreakerRules>,
    /// In the snapshot's order.
    pub providers: Vec<ProviderHealth>,
}

impl Health {
    /// Of providers that nobody knows anything about yet, each with so many ways.
    pub fn unknown(ways: impl IntoIterator<Item = usize>) -> Self {
        let provider = |ways| ProviderHealth {
            models: Arc::default(),
            ways: (0..ways).map(|_| Arc::new(WayHealth::new(Arc::default()))).collect(),
            ..ProviderHealth::default()
        };
        Self { rules: Arc::default(), providers: ways.into_iter().map(provider).collect() }
    }

    /// Gives the models that are known their places before anybody asks: names that callers make up cannot take them.
    pub fn keep_places(&self, routes: &Routes) {
        for (provider, health) in (0..).zip(&self.providers) {
            for model in routes.models_of(provider) {
                if health.models.known().count() < KEPT_MAX {
                    health.models.of(model);
                }
            }
        }
    }

    /// The way a target is asked by.
    pub fn way(&self, target: &Target) -> &WayHealth {
        &self.providers[usize::from(target.provider)].ways[usize::from(target.line)]
    }

    /// The health of a target; `asked` is its model's name where it has none of its own.
    pub fn target(&self, target: &Target, asked: &str) -> &Arc<TargetHealth> {
        self.way(target).model(self.place(target, asked))
    }

    /// What bounds how many requests a target has at once.
    pub fn bounds(&self, target: &Target) -> Bounds<'_> {
        self.providers[usize::from(target.provider)].bounds(target)
    }

    /// What is no longer usual for a target, but never less than `floor`; as long as it is not known well enough, what is no
    /// longer usual for its model on its provider's other ways. `None` while nobody knows.
    pub fn unusual_after(
        &self,
        target: &Target,
        asked: &str,
        is_streaming: bool,
        floor: Duration,
    ) -> Option<Duration> {
        self.known_of(target, asked, |health| health.unusual_after(is_streaming, floor))
    }

    /// When a target is later than it usually is; as long as it is not known well enough, when its model is so on its
    /// provider's other ways. `None` while nobody knows.
    pub fn late_after(&self, target: &Target, asked: &str, is_streaming: bool) -> Option<Duration> {
        self.known_of(target, asked, |health| health.late_after(is_streaming))
    }

    /// What is known of a target, else the longest that is known of its model on its provider's other ways.
    fn known_of(
        &self,
        target: &Target,
        asked: &str,
        known: impl Fn(&TargetHealth) -> Option<Duration>,
    ) -> Option<Duration> {
        let place = self.place(target, asked);
        known(self.way(target).model(place)).or_else(|| {
            let ways = &self.providers[usize::from(target.provider)].ways;
            ways.iter().filter_map(|way| known(way.models[place].get()?)).max()
        })
    }

    /// The place of a target's model within its provider.
    pub fn place(&self, target: &Target, asked: &str) -> usize {
        self.providers[usize::from(target.provider)].models.of(target.model.as_deref().unwrap_or(asked))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::{Health, MODELS_MAX};
    use crate::health::{How, Outcome};
    use crate::moment::Moment;
    use crate::overload::Bounds;
    use crate::route::Ways;
    use crate::routes::RoutesBuilder;
    use crate::target::Target;

    #[test]
    fn names_that_callers_make_up_take_no_place_of_a_known_one() {
        let mut builder = RoutesBuilder::default();
        builder.provider("one", 0, Ways::of_lines(1), Some(&["known".to_owned()]));
        let health = Health::unknown([1]);
        health.keep_places(&builder.build());
        let places = &health.providers[0].models;
        (0..10 * MODELS_MAX).for_each(|count| {
            places.of(&format!("made-up-{count}"));
        });
        let shared: HashSet<usize> =
            places.known().filter(|(_, name)| *name == "known").map(|(at, _)| at).collect();
        assert_eq!(shared, HashSet::from([places.of("known")]));
    }

    #[test]
    fn what_is_unusual_is_learnt_from_the_same_model_elsewhere() {
        let health = Health::unknown([3, 1]);
        let floor = Duration::from_millis(1);
        let unusual = |provider, line| {
            health.unusual_after(&Target::by(provider, line, Some("m".into())), "m", true, floor)
        };
        let answers = |line, ms, count| {
            let target = Target::by(0, line, Some("m".into()));
            for _ in 0..count {
                let how = How { took: Duration::from_millis(ms), is_streaming: true, now: Moment::default() };
                let target = health.target(&target, "m");
                let mut trying = target.begin(&health.rules, &Bounds::NONE, false, how.now).unwrap();
                trying.ended(Outcome::Answered, how);
            }
        };
        answers(0, 10, 99);
        assert_eq!(unusual(0, 1), None, "nobody knows enough");
        answers(0, 10, 1);
        answers(1, 100, 100);
        let (own, other) = (unusual(0, 0).unwrap(), unusual(0, 1).unwrap());
        assert!(own < Duration::from_millis(50) && other > Duration::from_millis(300), "{own:?} {other:?}");
        assert_eq!(unusual(0, 2), Some(other), "the longer of the two");
        assert_eq!(unusual(1, 0), None, "of another provider nothing is learnt");
    }
}
