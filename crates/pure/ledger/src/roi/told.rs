//! A question with its answer as it is shown: every amount a text, so that nobody makes floats of money.

use serde::Serialize;

use super::problem::RoiProblem;
use super::reckon::{Question, Side, Spent};
use crate::prices::{Amount, Unit};

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoiTold {
    /// What all amounts are in.
    pub currency: String,
    /// Tokens a month.
    pub tokens: u64,
    /// The same as people write it.
    pub tokens_text: String,
    /// What part of them is prompt.
    pub input_share: String,
    /// Over how many months.
    pub months: u32,
    /// What they are sent to now.
    pub from: SideTold,
    /// What they would be sent to.
    pub to: SideTold,
    /// The difference a month; negative where the change costs more.
    pub saved: String,
    /// The same in percent of what is paid now; none where that is nothing.
    pub saved_percent: Option<String>,
    /// Hours a month that would be no more, and what they cost.
    pub downtime: SpentTold,
    /// Saved and downtime together.
    pub gain_a_month: String,
    /// Hours that the change takes, once, and what they cost.
    pub developers: SpentTold,
    /// What else it costs, once.
    pub migration_cost: String,
    /// All that the change costs, once.
    pub once: String,
    /// What is gained in all months, less that.
    pub gain: String,
    /// The gain in percent of what the change costs; none where that is nothing.
    pub return_percent: Option<String>,
    /// After how many months the change is paid back; none where it never is.
    pub paid_back_months: Option<String>,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SideTold {
    /// The model.
    pub model: String,
    /// For a million tokens of prompt.
    pub input: String,
    /// For a million tokens of answer.
    pub output: String,
    /// The version of the price book whose list prices these are; none where they were said.
    pub list_version: Option<u32>,
    /// What the tokens of a month cost.
    pub cost: String,
}

/// Hours and what they cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpentTold {
    /// How many.
    pub hours: String,
    /// For one.
    pub rate: String,
    /// For all.
    pub cost: String,
}

impl Question {
    /// Reckons it, and tells all that it was reckoned from.
    pub fn told(&self) -> Result<RoiTold, RoiProblem> {
        let answer = self.answer()?;
        Ok(RoiTold {
            currency: self.currency.to_string(),
            tokens: self.tokens.count(),
            tokens_text: self.tokens.to_string(),
            input_share: self.input_share.to_string(),
            months: self.months,
            from: self.from.told(answer.from.to_string()),
            to: self.to.told(answer.to.to_string()),
            saved: answer.saved.to_string(),
            saved_percent: answer.saved_percent_hundredths.map(decimal),
            downtime: self.downtime.told(answer.downtime.to_string()),
            gain_a_month: answer.gain_a_month.to_string(),
            developers: self.developers.told(answer.developers.to_string()),
            migration_cost: self.migration.to_string(),
            once: answer.once.to_string(),
            gain: answer.gain.to_string(),
            return_percent: answer.return_percent_hundredths.map(decimal),
            paid_back_months: answer.paid_back_month_hundredths.map(decimal),
        })
    }
}

impl Side {
    fn told(&self, cost: String) -> SideTold {
        let text = |amount: Amount| amount.text(Unit::MillionTokens);
        SideTold {
            model: self.model.clone(),
            input: text(self.input),
            output: text(self.output),
            list_version: self.version,
            cost,
        }
    }
}

impl Spent {
    fn told(self, cost: String) -> SpentTold {
        let (whole, part) = (self.hour_thousandths / 1000, self.hour_thousandths % 1000);
        SpentTold { hours: without_zeros(&format!("{whole}.{part:03}")), rate: self.rate.to_string(), cost }
    }
}

/// Hundredths as a plain decimal.
fn decimal(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let size = hundredths.unsigned_abs();
    without_zeros(&format!("{sign}{}.{:02}", size / 100, size % 100))
}

fn without_zeros(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use domain::{Money, Timestamp};

    use super::decimal;
    use crate::roi::{Question, RoiText, SideText, Spent};

    #[test]
    fn decimals_have_no_needless_zeros() {
        for (hundredths, text) in
            [(9475, "94.75"), (10_000, "100"), (950, "9.5"), (5, "0.05"), (-180_476, "-1804.76"), (0, "0")]
        {
            assert_eq!(decimal(hundredths), text);
        }
        let spent = Spent { hour_thousandths: 2500, rate: Money::ZERO };
        assert_eq!(spent.told(String::new()).hours, "2.5");
        assert_eq!(Spent { hour_thousandths: 100_000, ..spent }.told(String::new()).hours, "100");
    }

    #[test]
    fn all_that_it_was_reckoned_from_is_told() {
        let text = RoiText {
            tokens: "50M".to_owned(),
            from: SideText::parse("gpt-4.1=8"),
            to: SideText::parse("deepseek-v3.2=0.42"),
            ..RoiText::default()
        };
        let told = Question::read(&text, &[], Timestamp(0)).unwrap().told().unwrap();
        assert_eq!((&*told.from.cost, &*told.to.cost, &*told.saved), ("400", "21", "379"));
        assert_eq!(told.saved_percent.as_deref(), Some("94.75"));
        assert_eq!((told.tokens, &*told.tokens_text, &*told.input_share), (50_000_000, "50M", "0.75"));
        assert_eq!((told.from.list_version, told.months), (None, 12));
    }
}
