//! The table at the end: one line per metric with every target's figure and its ratio to the base; and JSON.

use std::fmt::Write;

use crate::figures::{Figures, Metric};

/// Which columns the table has.
pub(crate) struct Columns {
    /// The way around all gateways, if it was measured: latencies are also shown less its own.
    pub(crate) direct: Option<String>,
    pub(crate) targets: Vec<String>,
    pub(crate) base: String,
}

impl Columns {
    fn names(&self) -> impl Iterator<Item = &String> {
        self.direct.iter().chain(&self.targets)
    }

    fn compared(&self) -> impl Iterator<Item = &String> {
        self.targets.iter().filter(|name| **name != self.base)
    }
}

pub(crate) fn table(figures: &Figures, columns: &Columns) -> String {
    let mut text = format!("{:<16} {:<9}", "metric", "unit");
    for name in columns.names() {
        put(&mut text, format_args!(" {name:>13}"));
    }
    for name in columns.compared() {
        put(&mut text, format_args!(" {:>13}", format!("{name}/{}", columns.base)));
    }
    text.push('\n');
    for metric in figures.metrics() {
        line(&mut text, columns, &metric.name, metric.unit, &|name| figures.shown(name, &metric.name));
        if let Some((added, direct)) = added_metric(metric, columns) {
            let value = |name: &str| match name == direct {
                true => f64::NAN,
                false => figures.shown(name, &metric.name) - figures.shown(direct, &metric.name),
            };
            line(&mut text, columns, &added, metric.unit, &value);
        }
    }
    put(&mut text, format_args!("{:<16} {:<9}", "foreign_core0", "%"));
    for name in columns.names() {
        put(&mut text, format_args!(" {:>13}", number(figures.foreign(name), 1)));
    }
    text.push_str("   (other processes on the gateway's core while saturated)\n");
    text
}

/// `r1000_p50` has a companion `r1000_add_p50`: what a gateway adds to the direct way.
fn added_metric<'a>(metric: &Metric, columns: &'a Columns) -> Option<(String, &'a str)> {
    let direct = columns.direct.as_deref()?;
    let (group, part) = metric.name.rsplit_once('_')?;
    (metric.unit == "us" && matches!(part, "p50" | "p99")).then(|| (format!("{group}_add_{part}"), direct))
}

fn line(text: &mut String, columns: &Columns, metric: &str, unit: &str, value_of: &dyn Fn(&str) -> f64) {
    put(text, format_args!("{metric:<16} {unit:<9}"));
    for name in columns.names() {
        let value = value_of(name);
        put(text, format_args!(" {:>13}", number(value, if value.abs() >= 100.0 { 0 } else { 2 })));
    }
    let base = value_of(&columns.base);
    for name in columns.compared() {
        let ratio = value_of(name) / base;
        let shown = if ratio.is_finite() && ratio >= 0.0 { number(ratio, 3) } else { "-".into() };
        put(text, format_args!(" {shown:>13}"));
    }
    text.push('\n');
}

fn number(value: f64, decimals: usize) -> String {
    if value.is_nan() { "-".into() } else { format!("{value:.decimals$}") }
}

/// Every single figure as `{"target.metric": [..]}`; what could not be measured is null.
pub(crate) fn json(figures: &Figures, columns: &Columns) -> String {
    let mut members = Vec::new();
    for name in columns.names() {
        for Metric { name: metric, .. } in figures.metrics() {
            if let Some(values) = figures.all(name, metric) {
                let listed: Vec<String> = values
                    .iter()
                    .map(|value| if value.is_finite() { format!("{value:.3}") } else { "null".into() })
                    .collect();
                members.push(format!("  \"{name}.{metric}\": [{}]", listed.join(", ")));
            }
        }
    }
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

fn put(text: &mut String, piece: std::fmt::Arguments<'_>) {
    text.write_fmt(piece).expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> (Figures, Columns) {
        let mut figures = Figures::default();
        for (target, value) in [("direct", 40.0), ("nginx", 60.0), ("ours", 150.0)] {
            figures.record(target, "r1000_p50", "us", value);
        }
        figures.record("ours", "json1k_cpu", "us/req", f64::NAN);
        let targets = vec!["nginx".into(), "ours".into()];
        (figures, Columns { direct: Some("direct".into()), targets, base: "nginx".into() })
    }

    #[test]
    fn a_line_per_metric_and_one_for_added_latency() {
        let (figures, columns) = measured();
        let table = table(&figures, &columns);
        let words: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[0], ["metric", "unit", "direct", "nginx", "ours", "ours/nginx"]);
        assert_eq!(words[1], ["r1000_p50", "us", "40.00", "60.00", "150", "2.500"]);
        assert_eq!(words[2], ["r1000_add_p50", "us", "-", "20.00", "110", "5.500"]);
        assert_eq!(words[3], ["json1k_cpu", "us/req", "-", "-", "-", "-"]);
        assert_eq!(words[4][..4], ["foreign_core0", "%", "-", "-"]);
    }

    #[test]
    fn json_keeps_every_figure() {
        let (figures, columns) = measured();
        let text = json(&figures, &columns);
        assert!(text.contains("\"nginx.r1000_p50\": [60.000],\n"));
        assert!(text.contains("\"ours.json1k_cpu\": [null]\n}"));
    }
}
