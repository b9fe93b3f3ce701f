//! Costs against a table that was reckoned by another hand (`prices/cases.py`), to the nano-unit.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use domain::{KeyId, OrganisationId, ProjectId, ServiceTier, Timestamp, Usage};
use ledger::prices::{Book, Buyer, Cost, Sale, read};

const CASES_MIN: usize = 200;

struct Case<'c> {
    columns: &'c [&'c str],
    cells: Vec<String>,
}

impl Case<'_> {
    fn text(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|name| *name == column).unwrap();
        &self.cells[place]
    }

    fn count(&self, column: &str) -> u64 {
        self.text(column).parse().unwrap()
    }

    fn cost(&self, book: &Book) -> Cost {
        let usage = Usage {
            input: self.count("input"),
            cached_input: self.count("cache_read"),
            cache_write: self.count("cache_write"),
            cache_write_long: self.count("cache_write_1h"),
            audio_input: self.count("audio_input"),
            output: self.count("output"),
            reasoning: self.count("reasoning"),
            audio_output: self.count("audio_output"),
            image_input: self.count("image_input"),
            image_output: self.count("image_output"),
            images: u32::try_from(self.count("images")).unwrap(),
            audio_ms: u32::try_from(self.count("milliseconds")).unwrap(),
            searches: u32::try_from(self.count("searches")).unwrap(),
            service_tier: ServiceTier::named(self.text("service")).unwrap(),
            ..Usage::default()
        };
        let organisation = OrganisationId::parse(self.text("organisation"));
        let project = ProjectId::parse(self.text("project"));
        let key = KeyId::parse(self.text("key"));
        let buyer =
            Buyer { organisation: organisation.as_ref(), project: project.as_ref(), key: key.as_ref() };
        let sale = Sale {
            provider: self.text("provider"),
            kind: self.text("kind"),
            model: self.text("model"),
            asked_model: self.text("model"),
            at: instant(self.text("at")),
            usage: &usage,
            buyer,
        };
        let cost = book.rate(&sale).cost();
        if let Some(explained) = book.explain(&sale) {
            assert_eq!(explained.cost, cost);
        }
        cost
    }
}

/// Found by looking for the one millisecond that is written so.
fn instant(text: &str) -> Timestamp {
    let written = |second: i64| format!("{}Z", &Timestamp(second * 1000).rfc3339()[..19]);
    let (mut low, mut high) = (0, 4_102_444_800);
    while low < high {
        let middle = (low + high) / 2;
        if written(middle).as_str() < text { low = middle + 1 } else { high = middle }
    }
    assert_eq!(written(low), text);
    Timestamp(low * 1000)
}

/// A line of comma-separated cells, of which some are in quotes.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

#[test]
fn every_cost_is_that_of_the_table() {
    let book = read(include_str!("prices/book.toml"), &[]).unwrap().numbered(7);
    let mut lines = include_str!("prices/cases.csv").lines().filter(|line| !line.starts_with('#'));
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let (mut cases, mut wrong) = (0, Vec::new());
    for line in lines {
        let case = Case { columns: &columns, cells: cells(line) };
        let cost = case.cost(&book);
        assert_eq!((cost.version, cost.currency.code()), (7, "USD"));
        let told = [
            cost.list.nano().to_string(),
            cost.price.nano().to_string(),
            u8::from(cost.is_assumed).to_string(),
            u8::from(cost.is_unpriced).to_string(),
        ];
        let expected =
            ["list_nano", "price_nano", "is_assumed", "is_unpriced"].map(|column| case.text(column));
        if told != expected {
            wrong.push(format!("{}: {told:?}, not {expected:?}", case.text("name")));
        }
        cases += 1;
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= CASES_MIN, "{cases}");
}
