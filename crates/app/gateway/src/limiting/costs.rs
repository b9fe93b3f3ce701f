//! What a call comes to by each measure.

use domain::Usage;
use limits::rate::{Measure, Of};

/// What a call comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Costs {
    pub(super) input: u64,
    pub(super) output: u64,
    /// Tokens of the prompt, whether they are used or only counted.
    pub(super) prompt: u64,
    pub(super) body_bytes: u64,
}

/// What is known of what was used in the end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Used<'u> {
    /// Nobody was asked, or whoever was has failed before anything came.
    Nothing,
    /// Somebody was asked, and so much is known of what that took: by his word, or as it was counted while it came.
    Something(Option<&'u Usage>),
}

impl Costs {
    /// As it was in the end. Of a prompt that nobody has counted what was expected stands: giving that back would make whoever hangs
    /// up, or asks where no usage is told, one without limits.
    pub(super) fn actual(self, used: Used<'_>) -> Self {
        let Used::Something(usage) = used else { return Self { input: 0, output: 0, ..self } };
        let (input, output) = usage.map_or((0, 0), |usage| (usage.input_total(), usage.output_total()));
        Self { input: if input == 0 { self.input } else { input }, output, ..self }
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
            Of::Size => self.prompt,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Usage;
    use limits::rate::Measure;

    use super::{Costs, Used};

    #[test]
    fn what_is_given_back_is_what_nobody_has_used() {
        let expected = Costs { input: 100, output: 256, prompt: 100, body_bytes: 400 };
        let check = |used: Used<'_>, input: u64, output: u64| {
            let actual = expected.actual(used);
            let tokens = actual.of(Measure::TokensPerMinute);
            assert_eq!((actual.input, actual.output, tokens), (input, output, input + output), "{used:?}");
            assert_eq!(actual.of(Measure::PromptTokens), 100);
        };
        let usage = |input, output| Usage { input, output, ..Usage::default() };
        check(Used::Nothing, 0, 0);
        check(Used::Something(None), 100, 0);
        check(Used::Something(Some(&Usage::default())), 100, 0);
        check(Used::Something(Some(&usage(0, 7))), 100, 7);
        check(Used::Something(Some(&usage(60, 7))), 60, 7);
        check(Used::Something(Some(&usage(160, 1_007))), 160, 1_007);
    }
}
