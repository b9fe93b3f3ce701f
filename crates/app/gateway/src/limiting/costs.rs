//! What a call comes to by each measure.

use domain::Usage;
use limits::rate::{Measure, Of};

/// What a call comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Costs {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) body_bytes: u64,
}

impl Costs {
    /// As it was in the end; nothing, where nothing was used.
    pub(super) fn actual(self, usage: Option<&Usage>) -> Self {
        let (input, output) = usage.map_or((0, 0), |usage| (usage.input_total(), usage.output_total()));
        Self { input, output, ..self }
    }

    /// Tokens of prompt and answer.
    pub(super) const fn tokens(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// How much it is by a measure.
    pub(super) const fn of(self, measure: Measure) -> u64 {
        match measure.of() {
            Of::Requests | Of::Running => 1,
            Of::Tokens => self.tokens(),
            Of::InputTokens => self.input,
            Of::OutputTokens => self.output,
            Of::Size if matches!(measure, Measure::BodyBytes) => self.body_bytes,
            Of::Size => self.input,
        }
    }
}
