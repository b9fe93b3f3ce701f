//! What was flushed, and how often: the number is part of what an answer is known by, so a flush reaches also what is only
//! being made.

/// Different scopes of flushes that are told apart. Beyond them everything is flushed together.
const SCOPES_MAX: usize = 1000;

/// Which answers are dropped; all where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlushScope {
    /// Those of a model, by the name that callers ask for.
    pub model: Option<String>,
    /// Those that were made for a project.
    pub project: Option<String>,
}

impl FlushScope {
    /// Whether it holds an answer.
    pub(crate) fn holds(&self, model: &str, project: &str) -> bool {
        self.model.as_deref().is_none_or(|meant| meant == model)
            && self.project.as_deref().is_none_or(|meant| meant == project)
    }
}

/// How often what was flushed.
#[derive(Clone, Debug, Default)]
pub(super) struct Epochs {
    all: u64,
    narrower: Vec<(FlushScope, u64)>,
}

impl Epochs {
    /// The epoch of a model's answers for a project: it grows with every flush that holds them.
    pub(super) fn of(&self, model: &str, project: &str) -> u64 {
        let held = self.narrower.iter().filter(|(scope, _)| scope.holds(model, project));
        self.all + held.map(|(_, times)| times).sum::<u64>()
    }

    /// The same after one more flush.
    pub(super) fn after(&self, scope: &FlushScope) -> Self {
        let mut next = self.clone();
        if *scope == FlushScope::default() {
            next.all += 1;
            return next;
        }
        if let Some((_, times)) = next.narrower.iter_mut().find(|(known, _)| known == scope) {
            *times += 1;
        } else if next.narrower.len() < SCOPES_MAX {
            next.narrower.push((scope.clone(), 1));
        } else {
            // Above whatever any of them had.
            next.all += 1 + next.narrower.drain(..).map(|(_, times)| times).sum::<u64>();
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::{Epochs, FlushScope, SCOPES_MAX};

    fn scope(model: &str, project: &str) -> FlushScope {
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        FlushScope { model: said(model), project: said(project) }
    }

    #[test]
    fn a_flush_moves_what_it_holds_and_nothing_else() {
        let all = [("m", "p"), ("m", "q"), ("n", "p"), ("n", "q")];
        let check = |flush: FlushScope, moved: [bool; 4]| {
            let before = Epochs::default().after(&scope("m", "q"));
            let after = before.after(&flush);
            let found = all.map(|(model, project)| after.of(model, project) > before.of(model, project));
            assert_eq!(found, moved, "{flush:?}");
        };
        check(scope("", ""), [true; 4]);
        check(scope("m", ""), [true, true, false, false]);
        check(scope("", "p"), [true, false, true, false]);
        check(scope("m", "q"), [false, true, false, false]);
    }

    #[test]
    fn more_scopes_than_are_told_apart_flush_everything() {
        let mut epochs = Epochs::default();
        for number in 0..SCOPES_MAX {
            epochs = epochs.after(&scope(&format!("m{number}"), ""));
        }
        let (known, other) = (epochs.of("m5", "p"), epochs.of("other", "p"));
        let after = epochs.after(&scope("one more", ""));
        assert!(after.of("m5", "p") > known && after.of("other", "p") > other);
        assert!(after.narrower.is_empty());
    }
}
