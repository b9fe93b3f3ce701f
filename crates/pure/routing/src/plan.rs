//! The plan of one request: an order of attempts, and why each other target was passed over.
//!
//! Health, policies, hedges and shadows will fill the same value; today the order is the route's own.

use crate::routes::{Routes, Target};

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
pub struct NoTarget {
    /// Names that look alike, the nearest first.
    pub nearest: Vec<String>,
}

/// Orders the targets of the asked name.
pub fn plan(routes: &Routes, ask: &Ask<'_>, attempts_max: usize) -> Result<Plan, NoTarget> {
    const NEAREST_MAX: usize = 3;
    let Some(found) = routes.find(ask.model) else {
        let nearest = routes.nearest(ask.model, NEAREST_MAX);
        return Err(NoTarget { nearest: nearest.into_iter().map(str::to_owned).collect() });
    };
    let (taken, passed) = found.targets().split_at(found.targets().len().min(attempts_max));
    Ok(Plan {
        attempts: taken.iter().map(|target| Attempt { target: target.clone() }).collect(),
        passed_over: passed
            .iter()
            .map(|target| Passed { target: target.clone(), reason: Reason::BeyondAttemptsMax })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Ask, Reason, plan};
    use crate::RoutesBuilder;

    #[test]
    fn the_order_is_the_routes_own_up_to_the_limit() {
        let mut builder = RoutesBuilder::default();
        builder.provider("local", 0, 3, Some(&["llama".to_owned()]));
        let routes = builder.build();
        let ask = Ask { model: "llama", is_streaming: false };
        let plan = plan(&routes, &ask, 2).unwrap();
        assert_eq!(plan.attempts.iter().map(|attempt| attempt.target.line).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(plan.passed_over[0].reason, Reason::BeyondAttemptsMax);
        assert_eq!(plan.passed_over[0].target.line, 2);
    }

    #[test]
    fn an_unknown_name_suggests_near_ones() {
        let mut builder = RoutesBuilder::default();
        builder.provider("local", 0, 1, Some(&["llama-3".to_owned()]));
        let error = plan(&builder.build(), &Ask { model: "lama-3", is_streaming: true }, 3).unwrap_err();
        assert_eq!(error.nearest, ["llama-3"]);
    }
}
