//! A question as it is asked: every number as a text, so that nobody makes floats of money.

use serde::{Deserialize, Serialize};

/// What is to be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoiText {
    /// Tokens a month: `50M`, `1.5B`, `2000000`.
    pub tokens: String,
    /// What they are sent to now.
    pub from: SideText,
    /// What they would be sent to.
    pub to: SideText,
    /// What part of the tokens is prompt, from 0 to 1; three quarters where nothing is said.
    pub input_share: Option<String>,
    /// What prices and amounts are in; that of the price book, or dollars, where nothing is said.
    pub currency: Option<String>,
    /// Over how many months it is reckoned; twelve where nothing is said.
    pub months: Option<u32>,
    /// Hours a month that the change makes an end of.
    pub downtime_hours: Option<String>,
    /// What such an hour costs.
    pub downtime_cost_per_hour: Option<String>,
    /// Hours that the change takes, once.
    pub developer_hours: Option<String>,
    /// What such an hour costs.
    pub developer_rate: Option<String>,
    /// What else the change costs, once.
    pub migration_cost: Option<String>,
}

/// One of the two, with prices for a million tokens; the list price where none is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SideText {
    /// The model; with its seller before it where there are several: `openai/gpt-4.1`.
    pub model: String,
    /// One price for all tokens.
    pub price: Option<String>,
    /// The price of prompts, `output` beside it.
    pub input: Option<String>,
    /// The price of answers.
    pub output: Option<String>,
}

impl SideText {
    /// Reads `MODEL`, `MODEL=PRICE` or `MODEL=INPUT/OUTPUT`.
    pub fn parse(text: &str) -> Self {
        let Some((model, price)) = text.rsplit_once('=') else {
            return Self { model: text.to_owned(), ..Self::default() };
        };
        let model = model.to_owned();
        match price.split_once('/') {
            Some((input, output)) => Self {
                model,
                input: Some(input.to_owned()),
                output: Some(output.to_owned()),
                ..Self::default()
            },
            None => Self { model, price: Some(price.to_owned()), ..Self::default() },
        }
    }

    /// Whether a list price is needed.
    pub const fn is_bare(&self) -> bool {
        self.price.is_none() && self.input.is_none() && self.output.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::SideText;

    #[test]
    fn a_side_is_a_model_with_one_price_two_or_none() {
        let side = |model: &str, price: Option<&str>, input: Option<&str>, output: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            SideText { model: model.to_owned(), price: own(price), input: own(input), output: own(output) }
        };
        for (text, expected) in [
            ("gpt-4.1", side("gpt-4.1", None, None, None)),
            ("gpt-4.1=8", side("gpt-4.1", Some("8"), None, None)),
            ("openai/gpt-4.1=2/8", side("openai/gpt-4.1", None, Some("2"), Some("8"))),
            ("a=b=3", side("a=b", Some("3"), None, None)),
            ("gpt-4.1=", side("gpt-4.1", Some(""), None, None)),
        ] {
            assert_eq!(SideText::parse(text), expected, "{text}");
        }
    }
}
