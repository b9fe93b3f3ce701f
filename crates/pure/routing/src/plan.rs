//! The plan of one request: an order of attempts, and why each other target was passed over.
//!
//! Health, policies, hedges and shadows will fill the same value; today the order is the route's own.

use crate::routes::{Retired, Routes, Target};

/// What a request asks for, as far as choosing a target needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask<'a> {
    /// The model's name as the caller wrote it.
    pub model: &'a str,
    /// Whether the answer is to be streamed.
    pub is_streaming: bool,
}

/// One entry of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who is asked.
    pub target: Target,
}

/// A target that is not in the order, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Who is not asked.
    pub target: Target,
    /// Why not.
    pub reason: Reason,
}

/// Why a target was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Enough others stand before it.
    BeyondAttemptsMax,
    /// Its provider does not offer what is asked for.
    NotOffered,
}

/// An order of attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Tried in this order until one answers.
    pub attempts: Vec<Attempt>,
    /// Everyone else who serves the name.
    pub passed_over: Vec<Passed>,
}

/// Nobody serves what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTarget {
    /// Nobody knows the name.
    UnknownName {
        /// Names that look alike, the nearest first.
        nearest: Vec<String>,
    },
    /// Who knows the name no longer serves it.
    Retired(Retired),
    /// Those who know the name do not offer what is asked for.
    NotOffered,
}

/// Orders the targets of the asked name; `offers` says whether a target's provider offers what is asked for.
pub fn plan(
    routes: &Routes,
    ask: &Ask<'_>,
    attempts_max: usize,
    offers: impl Fn(&Target) -> bool,
) -> Result<Plan, NoTarget> {
    const NEAREST_MAX: usize = 3;
    let Some(found) = routes.find(ask.model) else {
        if let Some(retired) = routes.retired(ask.model) {
            return Err(NoTarget::Retired(retired.clone()));
        }
        let nearest = routes.nearest(ask.model, NEAREST_MAX);
        return Err(NoTarget::UnknownName { nearest: nearest.into_iter().map(str::to_owned).collect() });
    };
    let mut plan = Plan { attempts: Vec::new(), passed_over: Vec::new() };
    for target in found.targets().iter().cloned() {
        if !offers(&target) {
            plan.passed_over.push(Passed { target, reason: Reason::NotOffered });
        } else if plan.attempts.len() < attempts_max {
            plan.attempts.push(Attempt { target });
        } else {
            plan.passed_over.push(Passed { target, reason: Reason::BeyondAttemptsMax });
        }
    }
    if plan.attempts.is_empty() { Err(NoTarget::NotOffered) } else { Ok(plan) }
}

#[cfg(test)]
mod tests {
    use super::{Ask, NoTarget, Reason, plan};
    use crate::RoutesBuilder;

    #[test]
    fn the_order_is_the_routes_own_up_to_the_limit() {
        let mut builder = RoutesBuilder::default();
        builder.provider("local", 0, 3, Some(&["llama".to_owned()]));
        let routes = builder.build();
        let ask = Ask { model: "llama", is_streaming: false };
        let plan = plan(&routes, &ask, 2, |_| true).unwrap();
        assert_eq!(plan.attempts.iter().map(|attempt| attempt.target.line).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(plan.passed_over[0].reason, Reason::BeyondAttemptsMax);
        assert_eq!(plan.passed_over[0].target.line, 2);
    }

    #[test]
    fn an_unknown_name_suggests_near_ones() {
        let mut builder = RoutesBuilder::default();
        builder.provider("local", 0, 1, Some(&["llama-3".to_owned()]));
        let ask = Ask { model: "lama-3", is_streaming: true };
        let error = plan(&builder.build(), &ask, 3, |_| true).unwrap_err();
        assert_eq!(error, NoTarget::UnknownName { nearest: vec!["llama-3".to_owned()] });
    }

    #[test]
    fn who_does_not_offer_it_is_not_asked() {
        let mut builder = RoutesBuilder::default();
        builder.provider("local", 0, 3, Some(&["llama".to_owned()]));
        let routes = builder.build();
        let ask = Ask { model: "llama", is_streaming: false };
        let offered = plan(&routes, &ask, 2, |target| target.line == 1).unwrap();
        assert_eq!(offered.attempts.len(), 1);
        assert!(offered.passed_over.iter().all(|passed| passed.reason == Reason::NotOffered));
        assert_eq!(plan(&routes, &ask, 2, |_| false), Err(NoTarget::NotOffered));
    }
}
