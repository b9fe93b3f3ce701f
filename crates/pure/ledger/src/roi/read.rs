//! A question checked: texts in; numbers, or the first field that is wrong, out.

use domain::{Currency, Money, Timestamp};

use super::listed::listed;
use super::problem::RoiProblem;
use super::reckon::{Question, Side, Spent};
use super::text::{RoiText, SideText};
use super::tokens::Tokens;
use crate::prices::{Amount, Book, Factor, NAME_BYTES_MAX, Unit, decimal};

/// Over how many months it is reckoned where nothing is said, and at most.
const MONTHS_DEFAULT: u32 = 12;
const MONTHS_MAX: u32 = 120;
/// The most hours of anything.
const HOURS_MAX: u64 = 1_000_000;
/// Digits behind the point of hours.
const HOURS_PLACES: usize = 3;
/// Three quarters of what is sent and received is prompt, where nothing is said.
const INPUT_SHARE_DEFAULT: &str = "0.75";

/// The names of a side's fields.
struct Fields {
    model: &'static str,
    price: &'static str,
    input: &'static str,
    output: &'static str,
}

const FROM: Fields =
    Fields { model: "from.model", price: "from.price", input: "from.input", output: "from.output" };
const TO: Fields = Fields { model: "to.model", price: "to.price", input: "to.input", output: "to.output" };

impl Question {
    /// Checks a question. What has no price is looked up in these books, the first one first.
    pub fn read(text: &RoiText, books: &[Book], now: Timestamp) -> Result<Self, RoiProblem> {
        let tokens = Tokens::parse(&text.tokens).map_err(|why| RoiProblem::new("tokens", why))?;
        let (from, from_currency) = side(&text.from, books, now, &FROM)?;
        let (to, to_currency) = side(&text.to, books, now, &TO)?;
        Ok(Self {
            tokens,
            input_share: share(text.input_share.as_deref().unwrap_or(INPUT_SHARE_DEFAULT))?,
            currency: currency(text.currency.as_deref(), from_currency, to_currency)?,
            months: months(text.months.unwrap_or(MONTHS_DEFAULT))?,
            from,
            to,
            downtime: spent(
                ("downtime_hours", text.downtime_hours.as_deref()),
                ("downtime_cost_per_hour", text.downtime_cost_per_hour.as_deref()),
            )?,
            developers: spent(
                ("developer_hours", text.developer_hours.as_deref()),
                ("developer_rate", text.developer_rate.as_deref()),
            )?,
            migration: text
                .migration_cost
                .as_deref()
                .map_or(Ok(Money::ZERO), |cost| money("migration_cost", cost))?,
        })
    }
}

/// One of the two, and the currency of its list price if it has that.
fn side(
    text: &SideText,
    books: &[Book],
    now: Timestamp,
    fields: &Fields,
) -> Result<(Side, Option<Currency>), RoiProblem> {
    let model = text.model.trim();
    if model.is_empty() || model.len() > NAME_BYTES_MAX {
        let message = format!("is a model's name, or MODEL=PRICE, of at most {NAME_BYTES_MAX} bytes");
        return Err(RoiProblem::new(fields.model, message));
    }
    let price = |field, text: &str| {
        Amount::parse(text, Unit::MillionTokens).map_err(|why| RoiProblem::new(field, why.to_string()))
    };
    let side = |input, output, version| Side { model: model.to_owned(), input, output, version };
    match (text.price.as_deref(), text.input.as_deref(), text.output.as_deref()) {
        (Some(both), None, None) => {
            let both = price(fields.price, both)?;
            Ok((side(both, both, None), None))
        }
        (None, Some(input), Some(output)) => {
            Ok((side(price(fields.input, input)?, price(fields.output, output)?, None), None))
        }
        (None, None, None) => {
            let list = listed(books, model, now, fields.model)?;
            let book = list.book;
            Ok((side(list.input, list.output, Some(book.version())), Some(book.currency())))
        }
        (Some(_), _, _) => {
            Err(RoiProblem::new(fields.price, "is one price for all tokens: input and output go without it"))
        }
        (None, None, Some(_)) => Err(RoiProblem::new(fields.input, "is needed beside output")),
        (None, Some(_), None) => Err(RoiProblem::new(fields.output, "is needed beside input")),
    }
}

fn share(text: &str) -> Result<Factor, RoiProblem> {
    let share = Factor::parse(text).filter(|share| *share <= Factor::ONE);
    share.ok_or_else(|| {
        let shown = text.escape_debug();
        RoiProblem::new(
            "input_share",
            format!("'{shown}' is no part of a whole: 0.75 is three quarters, 0 to 1"),
        )
    })
}

fn months(months: u32) -> Result<u32, RoiProblem> {
    let is_fit = (1..=MONTHS_MAX).contains(&months);
    let message = || format!("{months} is not from 1 to {MONTHS_MAX}");
    if is_fit { Ok(months) } else { Err(RoiProblem::new("months", message())) }
}

/// All amounts are in one: that of the list prices, and none is changed into another here.
fn currency(
    text: Option<&str>,
    from: Option<Currency>,
    to: Option<Currency>,
) -> Result<Currency, RoiProblem> {
    let said = text
        .map(|code| {
            let known: Vec<&str> = Currency::KNOWN.iter().map(Currency::code).collect();
            let message =
                || format!("there is no currency '{}'; known are {}", code.escape_debug(), known.join(", "));
            Currency::parse(code).ok_or_else(|| RoiProblem::new("currency", message()))
        })
        .transpose()?;
    let mut all = [said, from, to].into_iter().flatten();
    let first = all.next().unwrap_or(Currency::USD);
    match all.find(|other| *other != first) {
        None => Ok(first),
        Some(other) => {
            let message = format!(
                "list prices are in {other}, not in {first}: say both prices, or leave the currency out"
            );
            Err(RoiProblem::new("currency", message))
        }
    }
}

/// Hours and what one of them costs: both or neither.
fn spent(
    (hours_field, hours): (&'static str, Option<&str>),
    (rate_field, rate): (&'static str, Option<&str>),
) -> Result<Spent, RoiProblem> {
    match (hours, rate) {
        (None, None) => Ok(Spent::default()),
        (Some(hours), Some(rate)) => {
            Ok(Spent { hour_thousandths: thousandths(hours_field, hours)?, rate: money(rate_field, rate)? })
        }
        (Some(_), None) => Err(RoiProblem::new(
            rate_field,
            format!("is needed: what one of the {} costs", words(hours_field)),
        )),
        (None, Some(_)) => Err(RoiProblem::new(
            hours_field,
            format!("is needed: how many hours the {} is for", words(rate_field)),
        )),
    }
}

fn words(field: &str) -> String {
    field.replace('_', " ")
}

fn thousandths(field: &'static str, text: &str) -> Result<u64, RoiProblem> {
    let hours = decimal(text, HOURS_PLACES).ok().and_then(|hours| u64::try_from(hours).ok());
    let fit = hours.filter(|hours| *hours <= HOURS_MAX * 1000);
    fit.ok_or_else(|| {
        let shown = text.escape_debug();
        RoiProblem::new(
            field,
            format!("'{shown}' is no number of hours such as 2 or 0.5, at most {HOURS_MAX}"),
        )
    })
}

fn money(field: &'static str, text: &str) -> Result<Money, RoiProblem> {
    let amount = Money::parse(text).filter(|amount| *amount >= Money::ZERO);
    amount.ok_or_else(|| {
        let shown = text.escape_debug();
        RoiProblem::new(
            field,
            format!("'{shown}' is no amount such as 100 or 12.50, without sign or currency"),
        )
    })
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use crate::prices::read;
    use crate::roi::{Question, RoiText, SideText};

    fn text() -> RoiText {
        RoiText {
            tokens: "50M".to_owned(),
            from: SideText::parse("gpt-4.1=8"),
            to: SideText::parse("deepseek-v3.2=0.42"),
            ..RoiText::default()
        }
    }

    fn own(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn each_wrong_field_is_named_and_told() {
        type Change = fn(&mut RoiText);
        let wrong: [(Change, &str, &str); 16] = [
            (|text| text.tokens = "many".to_owned(), "tokens", "50M"),
            (|text| text.from = SideText::parse("=8"), "from.model", "MODEL=PRICE"),
            (|text| text.from = SideText::parse("m=-8"), "from.price", "negative"),
            (|text| text.to = SideText::parse("m=$1"), "to.price", "plain decimal"),
            (|text| text.to = SideText::parse("m=1/x"), "to.output", "plain decimal"),
            (|text| text.to = SideText::parse("m"), "to.model", "no list price"),
            (|text| text.to.input = own("1"), "to.price", "one price"),
            (|text| (text.to.price, text.to.input) = (None, own("1")), "to.output", "beside input"),
            (|text| (text.to.price, text.to.output) = (None, own("1")), "to.input", "beside output"),
            (|text| text.input_share = own("75"), "input_share", "three quarters"),
            (|text| text.currency = own("dollars"), "currency", "USD"),
            (|text| text.months = Some(0), "months", "1 to 120"),
            (|text| text.downtime_hours = own("2"), "downtime_cost_per_hour", "is needed"),
            (|text| text.developer_rate = own("2"), "developer_hours", "is needed"),
            (
                |text| (text.developer_hours, text.developer_rate) = (own("2h"), own("1")),
                "developer_hours",
                "number of hours",
            ),
            (|text| text.migration_cost = own("-1"), "migration_cost", "no amount"),
        ];
        for (change, field, part) in wrong {
            let mut text = text();
            change(&mut text);
            let problem = Question::read(&text, &[], Timestamp(0)).unwrap_err();
            assert_eq!(problem.field, field);
            assert!(problem.message.contains(part), "{problem}");
        }
    }

    #[test]
    fn list_prices_bring_their_currency_and_are_never_mixed() {
        let book = read("currency = \"CNY\"\n[[price]]\nmodel = \"m\"\ninput = \"2\"\noutput = \"8\"\n", &[])
            .unwrap();
        let mut text = RoiText { to: SideText::parse("m"), ..text() };
        let read = |text: &RoiText| Question::read(text, std::slice::from_ref(&book), Timestamp(0));
        assert_eq!(read(&text).unwrap().currency.code(), "CNY");
        text.currency = own("USD");
        let problem = read(&text).unwrap_err();
        assert_eq!(problem.field, "currency");
        assert!(problem.message.contains("CNY"), "{problem}");
    }
}
