//! When a node misbehaves: always, so many times, or with a probability. What it then does is in `misbehaviour.rs`.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::misbehaviour::{self, Content, Door, Misbehaviour, Wire};
use crate::seed::Generator;

/// Most faults a node can be given at once.
pub const FAULTS_MAX: usize = 256;

/// How per-request directives begin in the `user` field of a body.
const DIRECTIVE_PREFIX: &str = "simulate";

/// Misbehaviours that happen together, and how often.
///
/// Of a node's faults the first that happens is the one that is carried out, so one-shot faults form a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    text: String,
    rate: f64,
    times_left: Option<u32>,
    door: Option<Door>,
    pub(crate) answer: AnswerFault,
}

/// The part of a fault that concerns one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnswerFault {
    pub(crate) content: Vec<Content>,
    pub(crate) wire: Vec<Wire>,
}

impl FromStr for Fault {
    type Err = String;

    /// Reads the form `name=value;name=value`, see [`crate::SYNTAX`]; it happens each time until it is taken away.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut fault = Self {
            text: text.to_owned(),
            rate: 1.0,
            times_left: None,
            door: None,
            answer: AnswerFault::default(),
        };
        for one in misbehaviour::parse(text)? {
            match one {
                Misbehaviour::Door(door) => fault.door = Some(door),
                Misbehaviour::Content(content) => fault.answer.content.push(content),
                Misbehaviour::Wire(wire) => fault.answer.wire.push(wire),
            }
        }
        Ok(fault)
    }
}

impl Fault {
    /// Happens so many times and is then gone.
    pub fn times(mut self, times: u32) -> Result<Self, String> {
        if self.door == Some(Door::Refuse) {
            return Err("refuse cannot be counted: a refused connection is never seen".to_owned());
        }
        self.times_left = Some(times);
        Ok(self)
    }

    /// Happens with this probability.
    pub fn rate(mut self, rate: f64) -> Result<Self, String> {
        if self.door == Some(Door::Refuse) {
            return Err("refuse has no rate: a refused connection is never seen".to_owned());
        }
        if !(0.0..=1.0).contains(&rate) {
            return Err(format!("rate must be 0 to 1, not {rate}"));
        }
        self.rate = rate;
        Ok(self)
    }

    /// Reads `{"fault": "status=500", "times": 2, "rate": 0.3}`; only `fault` is needed.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or(r#"a fault is a JSON object such as {"fault": "cut=3"}"#)?;
        if let Some(name) = fields.keys().find(|name| !matches!(name.as_str(), "fault" | "times" | "rate")) {
            return Err(format!("unknown field `{name}`; known are fault, times, rate"));
        }
        let text = value["fault"].as_str().ok_or("`fault` must be a text such as \"cut=3\"")?;
        let mut fault: Self = text.parse()?;
        if let Some(times) = fields.get("times").filter(|times| !times.is_null()) {
            let times = times.as_u64().and_then(|times| u32::try_from(times).ok());
            fault = fault.times(times.ok_or("`times` must be a whole number")?)?;
        }
        if let Some(rate) = fields.get("rate").filter(|rate| !rate.is_null()) {
            fault = fault.rate(rate.as_f64().ok_or("`rate` must be a number from 0 to 1")?)?;
        }
        Ok(fault)
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "fault": self.text, "rate": self.rate, "times_left": self.times_left })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The fault of a request that asks for one itself: `simulate:cut=3`, or `simulate@eu:cut=3` for the node `eu` only.
    pub(crate) fn asked_by(directive: &str, node: &str) -> Result<Option<Self>, String> {
        let Some(rest) = directive.strip_prefix(DIRECTIVE_PREFIX) else { return Ok(None) };
        let (for_node, text) = match (rest.strip_prefix(':'), rest.strip_prefix('@')) {
            (Some(text), _) => (None, text),
            (_, Some(named)) => match named.split_once(':') {
                Some((name, text)) => (Some(name), text),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        let fault: Self = text.parse()?;
        if fault.door.is_some() {
            return Err(format!("{text} happens before a request is read: set it on the node"));
        }
        Ok(for_node.is_none_or(|name| name == node).then_some(fault))
    }
}

/// The faults of one node, in the order they were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) const fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    pub(crate) fn add(&mut self, fault: Fault) -> Result<(), String> {
        if self.0.len() >= FAULTS_MAX {
            return Err(format!("a node takes {FAULTS_MAX} faults at most"));
        }
        self.0.push(fault);
        Ok(())
    }

    pub(crate) fn json(&self) -> Value {
        self.0.iter().map(Fault::json).collect()
    }

    pub(crate) fn is_refusing(&self) -> bool {
        self.0.iter().any(|fault| fault.door == Some(Door::Refuse))
    }

    /// Whether the connection just accepted is to be reset.
    pub(crate) fn resets_on_accept(&mut self, generator: &mut Generator) -> bool {
        self.take(generator, |fault| fault.door == Some(Door::ResetOnAccept)).is_some()
    }

    /// What goes wrong with the request just read.
    pub(crate) fn for_answer(&mut self, generator: &mut Generator) -> Option<Fault> {
        self.take(generator, |fault| fault.door.is_none())
    }

    fn take(&mut self, generator: &mut Generator, is_meant: impl Fn(&Fault) -> bool) -> Option<Fault> {
        self.0.retain(|fault| fault.times_left != Some(0));
        let fault =
            self.0.iter_mut().filter(|fault| is_meant(fault)).find(|fault| generator.chance(fault.rate))?;
        fault.times_left = fault.times_left.map(|times| times - 1);
        Some(fault.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fault, Faults};
    use crate::seed::Generator;

    #[test]
    fn counted_faults_form_a_queue() {
        let fault = |text: &str, times| text.parse::<Fault>().unwrap().times(times).unwrap();
        let mut faults = Faults::new(vec![fault("status=500", 1), fault("status=429", 2)]);
        let mut generator = Generator::for_text(b"queue");
        let mut next = || faults.for_answer(&mut generator).map(|fault| fault.text().to_owned());
        let seen: Vec<_> = (0..4).map(|_| next()).collect();
        let texts: Vec<_> = seen.iter().map(|text| text.as_deref().unwrap_or("none")).collect();
        assert_eq!(texts, ["status=500", "status=429", "status=429", "none"]);
    }

    #[test]
    fn a_rate_is_kept() {
        let fault = Fault::from_json(&json!({ "fault": "status=500", "rate": 0.25 })).unwrap();
        let mut faults = Faults::new(vec![fault]);
        let mut generator = Generator::for_text(b"rate");
        let hits = (0..4_000).filter(|_| faults.for_answer(&mut generator).is_some()).count();
        assert!((900..1_100).contains(&hits), "{hits}");
    }

    #[test]
    fn json_mistakes_are_named() {
        let check = |value, part: &str| {
            let error = Fault::from_json(&value).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check(json!("cut=3"), "JSON object");
        check(json!({ "faults": "cut=3" }), "unknown field `faults`");
        check(json!({ "fault": "cut=3", "times": -1 }), "`times` must be");
        check(json!({ "fault": "cut=3", "rate": 2 }), "rate must be 0 to 1");
        check(json!({ "fault": "refuse", "times": 1 }), "cannot be counted");
    }

    #[test]
    fn a_request_may_ask_for_a_fault() {
        let asked = |text| Fault::asked_by(text, "eu").map(|fault| fault.is_some());
        assert_eq!(asked("simulate:cut=3"), Ok(true));
        assert_eq!(asked("simulate@eu:cut=3"), Ok(true));
        assert_eq!(asked("simulate@us:cut=3"), Ok(false));
        assert_eq!(asked("somebody"), Ok(false));
        assert_eq!(asked("simulated-user"), Ok(false));
        assert!(asked("simulate:refuse").unwrap_err().contains("set it on the node"));
        assert!(asked("simulate:nonsense").is_err());
    }
}
