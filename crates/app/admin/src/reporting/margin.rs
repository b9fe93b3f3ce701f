//! What is left of what customers pay, once the vendors are paid: for each organisation, model and provider.

use std::collections::BTreeMap;

use domain::{Currency, Timestamp};
use ledger::prices::{Book, ExchangeRate, Wanted};
use serde_json::{Value, json};
use store::{Count, Dimension, Report, ReportRow};

use super::amount::decimal;
use super::csv;
use super::rules::ReportRules;

/// What calls are parted by, in this order.
pub(crate) const MARGIN_BY: [Dimension; 4] =
    [Dimension::Organisation, Dimension::Model, Dimension::Provider, Dimension::Served];

/// What stands in a line, in the order of its columns.
const COLUMNS: [&str; 16] = [
    "organisation",
    "model",
    "provider",
    "served",
    "requests",
    "price",
    "charged",
    "list",
    "cost",
    "currency",
    "upstream_currency",
    "book_rate",
    "market_rate",
    "margin",
    "margin_percent",
    "warning",
];

/// By what a list price becomes what it really costs.
struct Rates {
    /// What the vendor is paid in.
    currency: Option<Currency>,
    book: ExchangeRate,
    market: ExchangeRate,
}

/// Everything of a report by [`MARGIN_BY`], dearest loss first.
pub(crate) fn margins(report: &Report, book: &Book, rules: &ReportRules, now: Timestamp) -> Value {
    let mut lines: Vec<(i128, Value)> = Vec::new();
    let mut totals = BTreeMap::<&str, [i128; 4]>::new();
    for row in report.rows.iter().filter(|row| !row.currency.is_empty()) {
        let rates = rates(row, book, rules, now);
        let list = u128::try_from(row.figures.list).unwrap_or_default();
        let cost = rates.currency.and_then(|currency| book.at_market(list, currency, rates.market));
        let cost = cost.map_or(row.figures.list, u128::cast_signed);
        let margin = row.figures.price - cost;
        lines.push((margin, line(row, cost, &rates)));
        let sums = totals.entry(&row.currency).or_default();
        for (sum, amount) in
            sums.iter_mut().zip([row.figures.price, row.figures.charged, row.figures.list, cost])
        {
            *sum += amount;
        }
    }
    lines.sort_by_key(|(margin, _)| *margin);
    let warnings = lines.iter().filter(|(margin, _)| *margin < 0).count();
    let total = |(currency, [price, charged, list, cost]): (&&str, &[i128; 4])| {
        json!({
            "currency": currency,
            "price": decimal(*price),
            "charged": decimal(*charged),
            "list": decimal(*list),
            "cost": decimal(*cost),
            "margin": decimal(price - cost),
            "margin_percent": percent(price - cost, *price),
        })
    };
    json!({
        "price_version": book.version(),
        "rows": lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>(),
        "totals": totals.iter().map(total).collect::<Vec<_>>(),
        "warnings": warnings,
    })
}

/// The same as CSV, out of [`margins`].
pub fn margin_csv(told: &Value) -> String {
    let mut text = csv::line(COLUMNS.iter().map(|column| csv::text(column)));
    for row in told["rows"].as_array().into_iter().flatten() {
        text.push_str(&csv::line(COLUMNS.iter().map(|column| csv::value(&row[column]))));
    }
    text
}

fn line(row: &ReportRow, cost: i128, rates: &Rates) -> Value {
    let some = |at: usize| match row.names[at].as_str() {
        "" => Value::Null,
        name => name.into(),
    };
    let (figures, margin) = (&row.figures, row.figures.price - cost);
    let warning = (margin < 0).then(|| {
        format!(
            "sold for {} {} what costs {} {}",
            decimal(figures.price),
            row.currency,
            decimal(cost),
            row.currency
        )
    });
    json!({
        "organisation": some(0),
        "model": some(1),
        "provider": some(2),
        "served": some(3),
        "requests": figures.count(Count::Calls),
        "price": decimal(figures.price),
        "charged": decimal(figures.charged),
        "list": decimal(figures.list),
        "cost": decimal(cost),
        "currency": row.currency,
        "upstream_currency": rates.currency.map(|currency| currency.code().to_owned()),
        "book_rate": rates.book.to_string(),
        "market_rate": rates.market.to_string(),
        "margin": decimal(margin),
        "margin_percent": percent(margin, figures.price),
        "warning": warning,
    })
}

/// By the row of the book that the served model has now. Costs in another currency than the book's are left as they are.
fn rates(row: &ReportRow, book: &Book, rules: &ReportRules, now: Timestamp) -> Rates {
    let one = ExchangeRate::ONE;
    if row.currency != book.currency().code() {
        return Rates { currency: None, book: one, market: one };
    }
    let [_, model, provider, served] = [0, 1, 2, 3].map(|at| row.names[at].as_str());
    let wanted = Wanted {
        provider,
        kind: rules.kinds.get(provider).map_or("", String::as_str),
        model: served,
        asked_model: model,
        service: domain::ServiceTier::USUAL,
        at: now,
        prompt_tokens: 0,
    };
    let Some(found) = book.find(&wanted) else { return Rates { currency: None, book: one, market: one } };
    let (currency, own) = (found.row.currency, book.rate_of(found.row.currency));
    let market = rules.market_rates.get(&currency).copied().unwrap_or(own);
    Rates { currency: Some(currency), book: own, market }
}

/// With one place; null of nothing.
fn percent(part: i128, whole: i128) -> Option<f64> {
    (whole != 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{Currency, Timestamp};
    use ledger::prices::{ExchangeRate, read};
    use store::{Figures, Report, ReportRow};

    use super::{ReportRules, margin_csv, margins};

    const BOOK: &str = r#"
currency = "CNY"
[rates]
USD = "1"
[[price]]
kind = "north"
model = "m"
currency = "USD"
input = "1"
[[price]]
kind = "north"
model = "home"
input = "1"
"#;

    fn row(served: &str, list: i128, price: i128) -> ReportRow {
        let mut figures = Figures::default();
        (figures.list, figures.price) = (list, price);
        let names = ["org_a", "asked", "north-1", served].map(str::to_owned).to_vec();
        ReportRow { window: 0, names, currency: "CNY".to_owned(), figures }
    }

    #[test]
    fn credit_sold_at_par_is_a_loss_where_the_market_says_otherwise() {
        let book = read(BOOK, &[]).unwrap();
        let market = [(Currency::USD, ExchangeRate::parse("7.1").unwrap())];
        let rules = ReportRules {
            market_rates: BTreeMap::from(market),
            kinds: [("north-1".to_owned(), "north".to_owned())].into(),
            ..ReportRules::default()
        };
        let rows = vec![row("home", 100, 120), row("m", 100, 130), row("unknown", 5, 6)];
        let told = margins(&Report { rows, ..Report::default() }, &book, &rules, Timestamp(0));
        let field = |at: usize, name: &str| told["rows"][at][name].clone();
        // A hundred dollars' worth costs 710, and was sold for 130.
        assert_eq!(field(0, "cost"), "0.00000071");
        assert_eq!(field(0, "margin"), "-0.00000058");
        assert!(field(0, "warning").as_str().unwrap().starts_with("sold for 0.00000013 CNY"), "{told}");
        assert_eq!((field(0, "market_rate"), field(0, "book_rate")), ("71/10".into(), "1".into()));
        assert_eq!(field(1, "margin"), "0.000000001", "of what has no row the list price is the cost");
        assert_eq!((field(2, "margin"), field(2, "warning")), ("0.00000002".into(), serde_json::Value::Null));
        assert_eq!(
            (told["warnings"].clone(), told["totals"][0]["margin"].clone()),
            (1.into(), "-0.000000559".into())
        );
        let plain = margins(
            &Report { rows: vec![row("m", 100, 130)], ..Report::default() },
            &book,
            &ReportRules { kinds: rules.kinds, ..ReportRules::default() },
            Timestamp(0),
        );
        assert_eq!(plain["rows"][0]["margin"], "0.00000003", "by the book's own rate");
        assert!(margin_csv(&told).lines().nth(1).unwrap().starts_with("org_a,asked,north-1,m,0,0.00000013,"));
    }
}
