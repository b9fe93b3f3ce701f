//! The measured figures, by target and metric, in the order in which metrics were first measured.

use std::collections::HashMap;

use crate::statistics::{least, median};

#[derive(Clone)]
pub(crate) struct Metric {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
}

#[derive(Default)]
pub(crate) struct Figures {
    shows_raw: bool,
    values: HashMap<(String, String), Vec<f64>>,
    metrics: Vec<Metric>,
    foreign_percent: HashMap<String, Vec<f64>>,
}

impl Figures {
    /// `shows_raw` prints every figure as it comes.
    pub(crate) fn new(shows_raw: bool) -> Figures {
        Figures { shows_raw, ..Figures::default() }
    }

    #[expect(clippy::print_stdout, reason = "raw figures are asked for by --raw")]
    pub(crate) fn record(&mut self, target: &str, metric: &str, unit: &'static str, value: f64) {
        if !self.metrics.iter().any(|known| known.name == metric) {
            self.metrics.push(Metric { name: metric.into(), unit });
        }
        if self.shows_raw {
            println!("# {target} {metric} {value:.2}");
        }
        self.values.entry((target.into(), metric.into())).or_default().push(value);
    }

    pub(crate) fn record_foreign(&mut self, target: &str, percent: f64) {
        self.foreign_percent.entry(target.into()).or_default().push(percent);
    }

    pub(crate) fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    pub(crate) fn all(&self, target: &str, metric: &str) -> Option<&[f64]> {
        self.values.get(&(target.to_owned(), metric.to_owned())).map(Vec::as_slice)
    }

    /// The one figure shown: the median of the rounds; of p99 the least, since foreign work only adds.
    pub(crate) fn shown(&self, target: &str, metric: &str) -> f64 {
        let values = self.all(target, metric).unwrap_or_default();
        if metric.ends_with("_p99") { least(values) } else { median(values) }
    }

    pub(crate) fn foreign(&self, target: &str) -> f64 {
        self.foreign_percent.get(target).map_or(f64::NAN, |percents| median(percents))
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small whole numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn medians_but_the_least_p99() {
        let mut figures = Figures::default();
        for value in [3.0, 1.0, 2.0] {
            figures.record("nginx", "r1000_p50", "us", value);
            figures.record("nginx", "r1000_p99", "us", value);
        }
        assert_eq!(figures.shown("nginx", "r1000_p50"), 2.0);
        assert_eq!(figures.shown("nginx", "r1000_p99"), 1.0);
        assert!(figures.shown("ours", "r1000_p99").is_nan() && figures.foreign("nginx").is_nan());
        assert_eq!(figures.metrics().len(), 2);
    }
}
