//! The Prometheus text format, version 0.0.4. Knows its syntax, not what is counted.

use std::fmt::{Display, Write as _};

use super::histogram::HistogramTotals;

/// A text that grows family by family.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    text: String,
}

impl Exposition {
    /// Opens a family; its samples must follow before the next one is opened.
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.put(format_args!("# HELP {name} {}\n# TYPE {name} {kind}\n", escape_help(help)));
    }

    /// One sample. `labels` are `name="value"` pairs with commas between, values escaped; or empty.
    pub(crate) fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        if labels.is_empty() {
            self.put(format_args!("{name} {value}\n"));
        } else {
            self.put(format_args!("{name}{{{labels}}} {value}\n"));
        }
    }

    /// All samples of one histogram.
    pub(crate) fn histogram<const N: usize>(
        &mut self,
        name: &str,
        labels: &str,
        edges_ns: &[u64; N],
        totals: &HistogramTotals<N>,
    ) {
        for (edge, count) in edges_ns.iter().zip(totals.cumulative()) {
            let edge = Seconds(u128::from(*edge));
            self.put(format_args!("{name}_bucket{{{labels},le=\"{edge}\"}} {count}\n"));
        }
        let count = totals.count();
        self.put(format_args!("{name}_bucket{{{labels},le=\"+Inf\"}} {count}\n"));
        self.put(format_args!("{name}_sum{{{labels}}} {}\n", Seconds(totals.sum_ns())));
        self.put(format_args!("{name}_count{{{labels}}} {count}\n"));
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    fn put(&mut self, line: std::fmt::Arguments<'_>) {
        self.text.write_fmt(line).expect("a String takes all text");
    }
}

/// Nanoseconds written as exact decimal seconds: `0.000025`, `1`, `2.5`.
struct Seconds(u128);

impl Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SECOND: u128 = 1_000_000_000;
        let (whole, mut part, mut digits) = (self.0 / SECOND, self.0 % SECOND, 9);
        write!(f, "{whole}")?;
        if part == 0 {
            return Ok(());
        }
        while part % 10 == 0 {
            part /= 10;
            digits -= 1;
        }
        write!(f, ".{part:0digits$}")
    }
}

/// A label's value as it may stand between quotes.
pub(crate) fn escape_label(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}

fn escape_help(help: &str) -> String {
    help.replace('\\', r"\\").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::{Exposition, Seconds, escape_label};

    #[test]
    fn seconds_are_exact() {
        let check = |ns, text: &str| assert_eq!(Seconds(ns).to_string(), text);
        check(0, "0");
        check(1, "0.000000001");
        check(25_000, "0.000025");
        check(750_000_000, "0.75");
        check(1_000_000_000, "1");
        check(180_000_000_000, "180");
        check(10_500_000_001, "10.500000001");
    }

    #[test]
    fn nothing_breaks_out_of_its_line() {
        assert_eq!(escape_label("a\\b\"c\nd é"), r#"a\\b\"c\nd é"#);
        let mut exposition = Exposition::default();
        exposition.family("x", "gauge", "one\ntwo \\ \"three\"");
        exposition.sample("x", "", 1.5);
        assert_eq!(exposition.into_text(), "# HELP x one\\ntwo \\\\ \"three\"\n# TYPE x gauge\nx 1.5\n");
    }
}
