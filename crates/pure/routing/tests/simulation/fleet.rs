//! A made-up fleet: who serves the model, in which regions and steps, and what befalls them when.

use std::sync::Arc;
use std::time::Duration;

use routing::health::Health;
use routing::{Moment, Policy, Rng, Route, Routes, RoutesBuilder, Target};

use crate::spells::{Reply, Spell, Trouble};

/// The name that callers ask for.
pub(crate) const MODEL: &str = "m";

/// Somebody who can be asked.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) region: usize,
    pub(crate) step: u16,
    pub(crate) weight: u32,
    /// Until it answers, when it is well.
    pub(crate) pace: Duration,
}

/// All who serve the model; a node's place here is its place in the route.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) nodes: Vec<Node>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) spells: Vec<Spell>,
}

impl Fleet {
    /// Three regions of two nodes in a third of all cases, else any shape.
    pub(crate) fn any(rng: &mut Rng) -> Self {
        let all: Vec<Policy> = Policy::all().collect();
        let is_usual = rng.below(3) == 0;
        let (regions, each, steps) =
            if is_usual { (3, 2, 1) } else { (1 + rng.below(3), 1 + rng.below(3), 1 + rng.below(2)) };
        let pace_ms = 5 + rng.below(60) as u64;
        let mut nodes = Vec::new();
        for step in 0..steps {
            for region in 0..regions {
                for _ in 0..each {
                    let weight = if is_usual { 1 } else { 1 + rng.below(4) as u32 };
                    let pace = Duration::from_millis(pace_ms + rng.below(pace_ms as usize / 4 + 1) as u64);
                    nodes.push(Node { region, step: step as u16, weight, pace });
                }
            }
        }
        let policies = (0..steps)
            .map(|_| if is_usual && rng.below(2) == 0 { Policy::Balanced } else { all[rng.below(all.len())] })
            .collect();
        Self { nodes, policies, spells: Vec::new() }
    }

    /// Some nodes get into trouble from `from` until `until`: one, a region, or all.
    pub(crate) fn befall(&mut self, from: Moment, until: Moment, rng: &mut Rng) {
        let (node, trouble) = (rng.below(self.nodes.len()), Trouble::any(rng));
        let region = self.nodes[node].region;
        let extent = rng.below(7);
        let is_hit = |place: usize| match extent {
            0 => true,
            1..=3 => place == node,
            _ => self.nodes[place].region == region,
        };
        let nodes = (0..self.nodes.len()).filter(|place| is_hit(*place)).collect();
        self.spells.push(Spell { nodes, trouble, from, until });
    }

    /// What befalls a node right now.
    pub(crate) fn spell(&self, place: usize, now: Moment) -> Option<&Spell> {
        self.spells
            .iter()
            .find(|spell| spell.from <= now && now < spell.until && spell.nodes.contains(&place))
    }

    pub(crate) fn reply(&self, place: usize, now: Moment, rng: &mut Rng) -> Reply {
        let pace = self.nodes[place].pace.mul_f64(0.9 + 0.2 * rng.fraction());
        match self.spell(place, now) {
            Some(spell) => spell.trouble.reply(now.since(spell.from), pace, rng),
            None => Reply { after: Some(pace), fault: None },
        }
    }

    /// How many nodes of the first step get into trouble at any time.
    pub(crate) fn ever_hit(&self) -> usize {
        let is_hit = |place: &usize| self.spells.iter().any(|spell| spell.nodes.contains(place));
        (0..self.nodes.len()).filter(is_hit).count()
    }

    pub(crate) fn of_step(&self, step: u16) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(move |place| self.nodes[*place].step == step)
    }

    /// As the configuration would have it: each step a provider, each of its nodes a line.
    pub(crate) fn routes(&self) -> (Routes, Health) {
        let mut route = Route::default();
        let mut lines = Vec::new();
        for (step, policy) in (0..).zip(&self.policies) {
            let targets: Vec<Target> = (0..)
                .zip(self.of_step(step))
                .map(|(line, place)| {
                    let weight = self.nodes[place].weight;
                    Target { weight, ..Target::by(step, line, Some(Arc::from("up"))) }
                })
                .collect();
            lines.push(targets.len());
            route.add(targets, *policy, true);
        }
        let mut builder = RoutesBuilder::default();
        builder.model(MODEL, &route);
        (builder.build(), Health::unknown(lines))
    }
}
