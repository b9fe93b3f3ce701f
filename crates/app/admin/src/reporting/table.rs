//! A report as rows: JSON, or CSV for a spreadsheet.

use serde_json::{Map, Value, json};
use store::{Count, Dimension, Figures, Payers, Reach, Report, ReportQuery};

use super::amount::decimal;
use super::csv;
use super::figures::{average_first_byte_ms, average_ms, percentile_ms, share};
use super::span::Span;

/// One row of what is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    window: usize,
    names: Vec<String>,
    currency: String,
    figures: Figures,
    /// Calls that left no row: how many, where it is of such.
    unrecorded: Option<i64>,
}

/// The lines of a report, in the order of their windows and names. What an account paid for calls that left no row has lines of
/// its own, as far as it is within reach and chosen.
pub(crate) fn lines(report: Report, query: &ReportQuery, payers: &Payers, reach: &Reach) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for row in report.rows {
        let line = Line {
            window: row.window,
            names: row.names,
            currency: row.currency,
            figures: row.figures,
            unrecorded: None,
        };
        match lines.last_mut() {
            // Calls that cost nothing have no currency, and no line of their own.
            Some(last)
                if last.currency.is_empty() && last.window == line.window && last.names == line.names =>
            {
                last.currency = line.currency;
                last.figures.add_all(&line.figures);
            }
            _ => lines.push(line),
        }
    }
    for lost in report.unrecorded {
        let Some(payer) = payers.iter().find(|payer| payer.account.number.0 == lost.account) else {
            continue;
        };
        let (organisation, project) = (&payer.account.organisation, &payer.account.project);
        let owner = |dimension: Dimension| match dimension {
            Dimension::Organisation => organisation.as_str(),
            Dimension::Project => project.as_ref().map_or("", |project| project.as_str()),
            _ => "",
        };
        let is_chosen = query.equal.iter().all(|(dimension, text)| owner(*dimension) == text);
        if reach.holds(organisation) && is_chosen {
            let mut figures = Figures::default();
            (figures.price, figures.charged) = (lost.charged, lost.charged);
            lines.push(Line {
                window: lost.window,
                names: query.by.iter().map(|dimension| owner(*dimension).to_owned()).collect(),
                currency: lost.currency,
                figures,
                unrecorded: Some(lost.calls),
            });
        }
    }
    lines.sort_by_key(|line| line.window);
    lines
}

/// What is told as JSON: who is asked, and the lines.
pub(crate) fn as_json(span: &Span, query: &ReportQuery, lines: &[Line]) -> Value {
    let line = |line: &Line| {
        let mut told = Map::new();
        told.insert("at".to_owned(), span.names[line.window].clone().into());
        for (dimension, name) in query.by.iter().zip(&line.names) {
            told.insert(dimension.name().to_owned(), shown(*dimension, name));
        }
        told.extend(figures_json(&line.figures, &line.currency));
        told.insert("is_unrecorded".to_owned(), line.unrecorded.is_some().into());
        if let Some(calls) = line.unrecorded {
            told.insert("requests".to_owned(), calls.into());
        }
        Value::Object(told)
    };
    let (from, to) = span.ends();
    json!({
        "from": from,
        "to": to,
        "tz": span.zone.name(),
        "step": span.step.name(),
        "by": query.by.iter().map(|dimension| dimension.name()).collect::<Vec<_>>(),
        "rows": lines.iter().map(line).collect::<Vec<_>>(),
        "totals": totals(lines),
    })
}

/// All lines together, by currency: first what cost nothing or most.
fn totals(lines: &[Line]) -> Value {
    let mut all = Figures::default();
    let (mut costs, mut lost) = (std::collections::BTreeMap::<&str, Figures>::new(), 0_i64);
    for line in lines {
        all.add_all(&line.figures);
        costs.entry(&line.currency).or_default().add_all(&line.figures);
        lost += line.unrecorded.unwrap_or(0);
    }
    costs.remove("");
    let costs = costs.iter().map(|(currency, figures)| {
        json!({
            "currency": currency,
            "cost": decimal(figures.price),
            "list": decimal(figures.list),
            "charged": decimal(figures.charged),
        })
    });
    json!({
        "requests": all.count(Count::Calls).saturating_add_signed(lost),
        "success_rate": share(all.count(Count::Successes), all.count(Count::Calls)),
        "avg_latency_ms": average_ms(&all),
        "p95_latency_ms": percentile_ms(&all),
        "tokens": all.tokens(),
        "costs": costs.collect::<Vec<_>>(),
    })
}

fn figures_json(figures: &Figures, currency: &str) -> Map<String, Value> {
    let usage = figures.usage();
    let parts = usage.parts().into_iter().filter(|(_, count)| *count > 0);
    let parts: Map<String, Value> = parts.map(|(name, count)| (name.to_owned(), count.into())).collect();
    let count = |count: Count| figures.count(count);
    let told = json!({
        "requests": count(Count::Calls),
        "success_rate": share(count(Count::Successes), count(Count::Calls)),
        "failover_rate": share(count(Count::Failovers), count(Count::Calls)),
        "avg_latency_ms": average_ms(figures),
        "p95_latency_ms": percentile_ms(figures),
        "avg_first_byte_ms": average_first_byte_ms(figures),
        "tokens": figures.tokens(),
        "tokens_by_part": parts,
        "images": count(Count::Images),
        "searches": count(Count::Searches),
        "audio_ms": count(Count::AudioMs),
        "currency": if currency.is_empty() { Value::Null } else { currency.into() },
        "cost": decimal(figures.price),
        "list": decimal(figures.list),
        "charged": decimal(figures.charged),
        "estimated": count(Count::Estimated),
        "unpriced": count(Count::Unpriced),
        "no_usage": count(Count::NoUsage),
        "replayed": count(Count::Replayed),
    });
    match told {
        Value::Object(told) => told,
        _ => Map::new(),
    }
}

/// What calls have in common; null where that is nothing.
fn shown(dimension: Dimension, name: &str) -> Value {
    match (dimension, name) {
        (Dimension::Service, "") => "standard".into(),
        (_, "") => Value::Null,
        (Dimension::Status, name) => name.parse::<u16>().map_or(Value::Null, Value::from),
        (_, name) => name.into(),
    }
}

const PARTS: [&str; 10] = [
    "input",
    "cached_input",
    "cache_write",
    "cache_write_long",
    "audio_input",
    "image_input",
    "output",
    "reasoning",
    "audio_output",
    "image_output",
];
const PLAIN: [&str; 17] = [
    "requests",
    "success_rate",
    "failover_rate",
    "avg_latency_ms",
    "p95_latency_ms",
    "avg_first_byte_ms",
    "tokens",
    "images",
    "searches",
    "audio_ms",
    "currency",
    "cost",
    "list",
    "charged",
    "estimated",
    "unpriced",
    "is_unrecorded",
];

/// The same as CSV, out of [`as_json`].
pub fn report_csv(report: &Value) -> String {
    let list = |name: &str| report[name].as_array().map_or(&[][..], Vec::as_slice);
    let by: Vec<&str> = list("by").iter().filter_map(Value::as_str).collect();
    let mut heads = vec!["at"];
    heads.extend(&by);
    heads.extend(PLAIN);
    heads.extend(PARTS);
    let mut text = csv::line(heads.iter().map(|head| csv::text(head)));
    for row in list("rows") {
        let plain = ["at"].iter().chain(&by).chain(&PLAIN).map(|name| csv::value(&row[name]));
        let parts = PARTS.iter().map(|part| match &row["tokens_by_part"][part] {
            Value::Null => "0".to_owned(),
            count => csv::value(count),
        });
        text.push_str(&csv::line(plain.chain(parts)));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::report_csv;

    #[test]
    fn a_spreadsheet_gets_each_row_and_no_formula() {
        let row = json!({"at": "2026-11-27", "model": "=cmd|' /C calc'!A0", "requests": 2, "cost": "0.5", "currency": "USD",
            "is_unrecorded": false, "tokens_by_part": {"input": 7}});
        let told = report_csv(&json!({ "by": ["model"], "rows": [row] }));
        let lines: Vec<&str> = told.lines().collect();
        assert!(lines[0].starts_with("at,model,requests,success_rate,"), "{told}");
        assert!(lines[1].starts_with("2026-11-27,'=cmd|' /C calc'!A0,2,,"), "{told}");
        assert_eq!(lines[0].split(',').count(), lines[1].split(',').count());
        assert!(lines[1].contains(",USD,0.5,"), "{told}");
    }
}
