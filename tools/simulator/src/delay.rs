//! How long something takes: a fixed time, a range, or a spread with a long tail. Waiting is not done here.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::seed::Generator;

/// Longest delay that can be asked for.
pub const DELAY_MS_MAX: f64 = 600_000.0;

/// How many standard deviations the 99th percentile of a normal distribution lies above its middle.
const NORMAL_P99: f64 = 2.326_347_9;

/// A time or a distribution of times, in milliseconds.
///
/// In JSON: `20`, `{"from": 5, "to": 20}` or `{"p50": 10, "p99": 80}`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Delay {
    /// Always the same.
    Constant(f64),
    /// Anything in the range, equally likely.
    Uniform {
        /// Shortest.
        from: f64,
        /// Longest.
        to: f64,
    },
    /// Log-normal: half are below `p50`, one in a hundred is above `p99`.
    Spread {
        /// The middle.
        p50: f64,
        /// The tail.
        p99: f64,
    },
}

impl Delay {
    /// No delay at all.
    pub const NONE: Self = Self::Constant(0.0);

    /// Draws one delay.
    pub(crate) fn sample(self, generator: &mut Generator) -> Duration {
        let ms = match self {
            Self::Constant(ms) => ms,
            Self::Uniform { from, to } => (to - from).mul_add(generator.unit(), from),
            Self::Spread { p50, p99 } => {
                let sigma = (p99 / p50).ln() / NORMAL_P99;
                p50 * (sigma * generator.normal()).exp()
            }
        };
        Duration::from_secs_f64(ms.clamp(0.0, DELAY_MS_MAX) / 1000.0)
    }
}

impl From<Delay> for Value {
    fn from(delay: Delay) -> Self {
        match delay {
            Delay::Constant(ms) => json!(ms),
            Delay::Uniform { from, to } => json!({ "from": from, "to": to }),
            Delay::Spread { p50, p99 } => json!({ "p50": p50, "p99": p99 }),
        }
    }
}

impl TryFrom<Value> for Delay {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let field = |name: &str| value.get(name).and_then(Value::as_f64);
        let fields = value.as_object().map_or(0, serde_json::Map::len);
        let is_time = |ms: f64| (0.0..=DELAY_MS_MAX).contains(&ms);
        match (value.as_f64(), field("from"), field("to"), field("p50"), field("p99")) {
            (Some(ms), ..) if is_time(ms) => Ok(Self::Constant(ms)),
            (_, Some(from), Some(to), ..) if fields == 2 && is_time(from) && is_time(to) && from <= to => {
                Ok(Self::Uniform { from, to })
            }
            (_, _, _, Some(p50), Some(p99)) if fields == 2 && p50 > 0.0 && is_time(p99) && p50 <= p99 => {
                Ok(Self::Spread { p50, p99 })
            }
            _ => Err(format!(
                r#"{value} is no delay: write milliseconds up to {DELAY_MS_MAX}, {{"from": 5, "to": 20}} or {{"p50": 10, "p99": 80}}"#
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Delay;
    use crate::seed::Generator;

    #[test]
    fn written_and_read_back() {
        for text in [json!(20.0), json!({ "from": 5.0, "to": 20.0 }), json!({ "p50": 10.0, "p99": 80.0 })] {
            let delay = Delay::try_from(text.clone()).unwrap();
            assert_eq!(Value::from(delay), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [json!(-1), json!("20"), json!({ "from": 9, "to": 5 }), json!({ "p50": 0, "p99": 1 })] {
            assert!(Delay::try_from(text.clone()).unwrap_err().contains("is no delay"), "{text}");
        }
    }

    #[test]
    fn a_spread_has_its_percentiles() {
        let mut generator = Generator::for_text(b"spread");
        let delay = Delay::Spread { p50: 10.0, p99: 80.0 };
        let mut ms: Vec<f64> =
            (0..20_000).map(|_| delay.sample(&mut generator).as_secs_f64() * 1000.0).collect();
        ms.sort_by(f64::total_cmp);
        assert!((9.5..10.5).contains(&ms[10_000]), "p50 {}", ms[10_000]);
        assert!((68.0..95.0).contains(&ms[19_800]), "p99 {}", ms[19_800]);
    }
}
