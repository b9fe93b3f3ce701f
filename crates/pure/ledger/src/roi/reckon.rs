//! The reckoning. Costs round up and gains round down to a nano-unit, once each.

use domain::{Currency, Money};

use super::problem::RoiProblem;
use super::tokens::Tokens;
use crate::prices::{Amount, Factor};

/// Pico-units in a nano-unit.
const PICO: u128 = 1000;
const MILLION: u128 = 1_000_000;

/// A checked question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// How many tokens a month.
    pub tokens: Tokens,
    /// What part of them is prompt.
    pub input_share: Factor,
    /// What all amounts are in.
    pub currency: Currency,
    /// Over how many months.
    pub months: u32,
    /// What they are sent to now.
    pub from: Side,
    /// What they would be sent to.
    pub to: Side,
    /// Hours a month that would be no more.
    pub downtime: Spent,
    /// Hours that the change takes, once.
    pub developers: Spent,
    /// What else it costs, once.
    pub migration: Money,
}

/// A model with its prices for a million tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Its name.
    pub model: String,
    /// Of prompts.
    pub input: Amount,
    /// Of answers.
    pub output: Amount,
    /// The version of the price book, where these are list prices.
    pub version: Option<u32>,
}

/// Hours, and what one costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Thousandths of an hour.
    pub hour_thousandths: u64,
    /// What an hour costs.
    pub rate: Money,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the tokens of a month cost now.
    pub from: Money,
    /// What they would cost.
    pub to: Money,
    /// The difference; negative where the change costs more.
    pub saved: Money,
    /// The same in hundredths of a percent of what is paid now; none where that is nothing.
    pub saved_percent_hundredths: Option<i64>,
    /// What downtime costs in a month that would be no more.
    pub downtime: Money,
    /// Both together.
    pub gain_a_month: Money,
    /// What the hours that the change takes cost.
    pub developers: Money,
    /// All that the change costs, once.
    pub once: Money,
    /// What is gained in all months together, less that.
    pub gain: Money,
    /// The gain in hundredths of a percent of what the change costs; none where that is nothing.
    pub return_percent_hundredths: Option<i64>,
    /// After how many hundredths of a month the change is paid back, rounded up; none where it never is.
    pub paid_back_month_hundredths: Option<i64>,
}

impl Question {
    /// Reckons it.
    pub fn answer(&self) -> Result<Answer, RoiProblem> {
        let (from, to) = (self.cost(&self.from)?, self.cost(&self.to)?);
        let downtime = self.downtime.cost("downtime_hours", Rounding::Down)?;
        let developers = self.developers.cost("developer_hours", Rounding::Up)?;
        let once = developers.checked_add(self.migration).ok_or_else(|| too_much("migration_cost"))?;
        let saved = from.checked_sub(to).ok_or_else(|| too_much("tokens"))?;
        let gain_a_month = saved.checked_add(downtime).ok_or_else(|| too_much("downtime_hours"))?;
        let gain = i128::from(gain_a_month.nano()) * i128::from(self.months) - i128::from(once.nano());
        Ok(Answer {
            from,
            to,
            saved,
            saved_percent_hundredths: percent_hundredths(saved, from),
            downtime,
            gain_a_month,
            developers,
            once,
            gain: i64::try_from(gain).map(Money::from_nano).map_err(|_| too_much("months"))?,
            return_percent_hundredths: i64::try_from(gain)
                .ok()
                .and_then(|gain| percent_hundredths(Money::from_nano(gain), once)),
            paid_back_month_hundredths: paid_back(once, gain_a_month),
        })
    }

    /// What the tokens of a month cost on one side.
    fn cost(&self, side: &Side) -> Result<Money, RoiProblem> {
        let share = u128::from(self.input_share.millionths());
        let price = |amount: Amount, part: u128| u128::from(amount.parts()) * part;
        // Micro-units for a million tokens are pico-units for one.
        let pico = u128::from(self.tokens.count())
            .checked_mul(price(side.input, share) + price(side.output, MILLION - share));
        let nano = pico.map(|pico| i64::try_from(pico.div_ceil(PICO * MILLION)));
        match nano {
            Some(Ok(nano)) => Ok(Money::from_nano(nano)),
            _ => Err(too_much("tokens")),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rounding {
    Up,
    Down,
}

impl Spent {
    fn cost(self, field: &'static str, rounding: Rounding) -> Result<Money, RoiProblem> {
        let product = u128::from(self.hour_thousandths) * u128::from(self.rate.nano().unsigned_abs());
        let nano = match rounding {
            Rounding::Up => product.div_ceil(1000),
            Rounding::Down => product / 1000,
        };
        i64::try_from(nano).map(Money::from_nano).map_err(|_| too_much(field))
    }
}

fn too_much(field: &'static str) -> RoiProblem {
    RoiProblem::new(field, "comes to more money than can be reckoned with: more than nine thousand million")
}

/// A part of a whole, rounded to the nearest; none of nothing.
fn percent_hundredths(part: Money, whole: Money) -> Option<i64> {
    let whole = i128::from(whole.nano());
    if whole <= 0 {
        return None;
    }
    let tenfold = i128::from(part.nano()) * 20_000;
    let half = if tenfold < 0 { -whole } else { whole };
    i64::try_from((tenfold + half) / (2 * whole)).ok()
}

fn paid_back(once: Money, gain_a_month: Money) -> Option<i64> {
    if gain_a_month <= Money::ZERO {
        return None;
    }
    let (once, gain) = (i128::from(once.nano()) * 100, i128::from(gain_a_month.nano()));
    i64::try_from((once + gain - 1) / gain).ok()
}

#[cfg(test)]
mod tests {
    use domain::{Money, Timestamp};

    use super::{Answer, percent_hundredths};
    use crate::prices::read;
    use crate::roi::{Question, RoiProblem, RoiText, SideText};

    fn answer(from: &str, to: &str, change: impl Fn(&mut RoiText)) -> Result<Answer, RoiProblem> {
        let mut text = RoiText {
            tokens: "50M".to_owned(),
            from: SideText::parse(from),
            to: SideText::parse(to),
            ..RoiText::default()
        };
        change(&mut text);
        let book = read("[[price]]\nmodel = \"listed\"\ninput = \"2\"\noutput = \"8\"\n", &[]).unwrap();
        Question::read(&text, &[book], Timestamp(0))?.answer()
    }

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    #[test]
    fn fifty_million_tokens_go_from_400_to_21() {
        let answer = answer("gpt-4.1=8", "deepseek-v3.2=0.42", |_| ()).unwrap();
        assert_eq!((answer.from, answer.to, answer.saved), (money("400"), money("21"), money("379")));
        assert_eq!(answer.saved_percent_hundredths, Some(9475));
        assert_eq!((answer.once, answer.gain), (Money::ZERO, money("4548")));
        assert_eq!((answer.return_percent_hundredths, answer.paid_back_month_hundredths), (None, Some(0)));
    }

    #[test]
    fn a_change_that_costs_more_is_told_as_such_and_never_paid_back() {
        let answer = answer("deepseek-v3.2=0.42", "gpt-4.1=8", |text| {
            text.migration_cost = Some("10".to_owned());
            text.months = Some(2);
        });
        let answer = answer.unwrap();
        assert_eq!((answer.saved, answer.gain), (money("-379"), money("-768")));
        assert_eq!(answer.saved_percent_hundredths, Some(-180_476));
        assert_eq!(answer.return_percent_hundredths, Some(-768_000));
        assert_eq!(answer.paid_back_month_hundredths, None);
    }

    #[test]
    fn prompts_and_answers_are_split_by_their_share() {
        for (share, cost) in [(None, "175"), (Some("0"), "400"), (Some("1"), "100"), (Some("0.5"), "250")] {
            let answer =
                answer("listed", "free=0", |text| text.input_share = share.map(str::to_owned)).unwrap();
            assert_eq!((answer.from, answer.to), (money(cost), Money::ZERO), "{share:?}");
            assert_eq!(answer.saved_percent_hundredths, Some(10_000));
        }
        let even = answer("a=2/8", "listed", |_| ()).unwrap();
        assert_eq!((even.saved, even.saved_percent_hundredths), (Money::ZERO, Some(0)));
    }

    #[test]
    fn downtime_counts_every_month_and_the_change_once() {
        let answer = answer("a=8", "b=0.42", |text| {
            let said = |text: &str| Some(text.to_owned());
            (text.downtime_hours, text.downtime_cost_per_hour) = (said("2.5"), said("100"));
            (text.developer_hours, text.developer_rate) = (said("40"), said("80"));
            text.migration_cost = said("300");
        });
        let answer = answer.unwrap();
        assert_eq!((answer.downtime, answer.gain_a_month), (money("250"), money("629")));
        assert_eq!((answer.once, answer.gain), (money("3500"), money("4048")));
        assert_eq!(answer.return_percent_hundredths, Some(11_566));
        assert_eq!(answer.paid_back_month_hundredths, Some(557), "5.564… months");
    }

    #[test]
    fn costs_round_up_once_and_what_is_too_much_is_refused() {
        let one = |text: &mut RoiText| text.tokens = "1".to_owned();
        let answer = |from: &str, change: &dyn Fn(&mut RoiText)| answer(from, "b=0", change);
        assert_eq!(answer("a=0.000001", &one).unwrap().from, Money::from_nano(1));
        let most = |text: &mut RoiText| text.tokens = "1000T".to_owned();
        assert_eq!(answer("a=100000000", &most).unwrap_err().field, "tokens");
        assert_eq!(answer("a=9", &most).unwrap_err().field, "months", "twelve of them are too much");
        let long = |text: &mut RoiText| {
            let said = |text: &str| Some(text.to_owned());
            (text.downtime_hours, text.downtime_cost_per_hour) = (said("1000000"), said("1000000"));
        };
        assert_eq!(answer("a=1", &long).unwrap_err().field, "downtime_hours");
    }

    #[test]
    fn percents_are_rounded_to_the_nearest() {
        let of = |part: i64, whole: i64| percent_hundredths(Money::from_nano(part), Money::from_nano(whole));
        for (part, whole, hundredths) in [
            (1, 3, Some(3333)),
            (2, 3, Some(6667)),
            (-2, 3, Some(-6667)),
            (1, 20_000, Some(1)),
            (1, 20_001, Some(0)),
            (5, 0, None),
        ] {
            assert_eq!(of(part, whole), hundredths, "{part}/{whole}");
        }
    }
}
