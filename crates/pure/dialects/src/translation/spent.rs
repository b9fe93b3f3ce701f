//! What an answer has used, of all the sources that gave a piece of it.

use domain::{ModelUsage, Usage};

/// Counts of the sources before, and of the one that speaks.
#[derive(Debug, Default)]
pub(super) struct Spent {
    before: Option<Usage>,
    before_by_model: Vec<ModelUsage>,
    now: Option<Usage>,
    now_by_model: Vec<ModelUsage>,
    /// Both lists in one; empty where no source told of several models.
    by_model: Vec<ModelUsage>,
}

impl Spent {
    /// The source that speaks has used so much. Returns the sum.
    pub(super) fn note(&mut self, usage: Usage) -> Usage {
        self.now = Some(usage);
        if !self.by_model.is_empty() {
            self.add_up();
        }
        self.before.map_or(usage, |before| before.plus(usage))
    }

    /// The same by models.
    pub(super) fn note_by_model(&mut self, parts: &[ModelUsage]) {
        self.now_by_model = parts.to_vec();
        self.add_up();
    }

    /// What those before it have used.
    pub(super) fn before(&self) -> Option<Usage> {
        self.before
    }

    /// What the source that speaks has told.
    pub(super) fn now(&self) -> Option<Usage> {
        self.now
    }

    /// What it has told by models.
    pub(super) fn now_by_model(&self) -> &[ModelUsage] {
        &self.now_by_model
    }

    /// Another source speaks next; this one has used so much.
    pub(super) fn turn(&mut self, usage: Usage) {
        self.note(usage);
        self.add_up();
        self.before = self.sum();
        self.before_by_model.clone_from(&self.by_model);
        self.now = None;
        self.now_by_model.clear();
    }

    /// All of it.
    pub(super) fn sum(&self) -> Option<Usage> {
        match (self.before, self.now) {
            (Some(before), Some(now)) => Some(before.plus(now)),
            (before, now) => before.or(now),
        }
    }

    /// All of it by models.
    pub(super) fn by_model(&self) -> &[ModelUsage] {
        &self.by_model
    }

    /// A source that told of no models used the one it was asked for.
    fn add_up(&mut self) {
        self.by_model.clear();
        if self.before_by_model.is_empty() && self.now_by_model.is_empty() {
            return;
        }
        for (usage, parts) in [(self.before, &self.before_by_model), (self.now, &self.now_by_model)] {
            let alone = usage.filter(|_| parts.is_empty()).map(|usage| ModelUsage { model: None, usage });
            for part in parts.iter().chain(&alone) {
                match self.by_model.iter_mut().find(|known| known.model == part.model) {
                    Some(known) => known.usage = known.usage.plus(part.usage),
                    None => self.by_model.push(part.clone()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{ModelUsage, Usage};

    use super::Spent;

    fn used(input: u64, output: u64) -> Usage {
        Usage { input, output, ..Usage::default() }
    }

    fn by(model: Option<&str>, usage: Usage) -> ModelUsage {
        ModelUsage { model: model.map(Into::into), usage }
    }

    #[test]
    fn sources_add_up() {
        let mut spent = Spent::default();
        assert_eq!(spent.sum(), None);
        // Each source tells all it has used so far: the last count stands.
        assert_eq!(spent.note(used(5, 1)), used(5, 1));
        assert_eq!(spent.note(used(5, 3)), used(5, 3));
        spent.turn(used(5, 3));
        assert_eq!((spent.now(), spent.sum()), (None, Some(used(5, 3))));
        assert_eq!(spent.note(used(8, 4)), used(13, 7));
        spent.turn(used(8, 4));
        assert_eq!(spent.note(used(1, 1)), used(14, 8));
        assert_eq!(spent.by_model(), []);
    }

    #[test]
    fn models_add_up_and_a_source_that_names_none_is_the_one_asked() {
        let mut spent = Spent::default();
        spent.note(used(5, 3));
        spent.note_by_model(&[by(None, used(4, 1)), by(Some("helper"), used(1, 2))]);
        spent.turn(used(5, 3));
        assert_eq!(spent.by_model(), [by(None, used(4, 1)), by(Some("helper"), used(1, 2))]);
        spent.note(used(10, 10));
        assert_eq!(spent.by_model(), [by(None, used(14, 11)), by(Some("helper"), used(1, 2))]);
        let mut spent = Spent::default();
        spent.turn(used(5, 3));
        spent.note_by_model(&[by(Some("helper"), used(1, 2))]);
        assert_eq!(spent.by_model(), [by(None, used(5, 3)), by(Some("helper"), used(1, 2))]);
    }
}
