//! From what was heard to what is said: a text that a test can foretell, calls of tools, or the turn of a scenario.

use serde_json::{Map, Value, json};

use crate::ask::Ask;
use crate::behaviour::Beginnings;
use crate::talk::heard::{Choice, Heard, Offered, ToolKind};
use crate::talk::said::{Call, Finish, Part, Said};
use crate::talk::scenario::{Scenario, Step, Stop, marked};
use crate::text::{excerpt, tokens_in};

/// In the last user message: answer with a call of the first tool.
pub const TOOL_MARKER: &str = "[tool]";
/// In the last user message: answer with a call of each tool.
pub const EVERY_TOOL_MARKER: &str = "[every tool]";

/// What a scenario puts where the texts of the tool results go.
const RESULT_PLACE: &str = "{result}";

/// What a node thinks about a last message, where thinking was asked for.
pub fn expected_thinking(message: &str) -> String {
    format!("Thinking about “{}”, in two steps: first what is asked, then what to say.", excerpt(message))
}

/// What is said to it. Ids of calls begin with the prefix.
pub(crate) fn compose(heard: &Heard, call_prefix: &str, ask: &mut Ask<'_>) -> Result<Said, String> {
    if let Some((name, scenario)) = scenario(heard, ask)? {
        return Ok(play(&name, &scenario, heard, call_prefix, ask));
    }
    let mut parts = Vec::new();
    if heard.thinks {
        parts.push(Part::Thinking(expected_thinking(&heard.message)));
    }
    let tools = called_tools(heard);
    if tools.is_empty() {
        let spent = parts.iter().map(|_| tokens_in(&expected_thinking(&heard.message))).sum();
        let (text, finish) = speak(heard, spent, ask);
        parts.push(Part::Text(text));
        return Ok(Said { parts, finish });
    }
    for tool in tools {
        let input = match tool.kind {
            ToolKind::Function => example_object(&tool.schema).to_string(),
            ToolKind::Custom => format!("simulated input of {}", tool.name),
        };
        let id = ask.id(call_prefix);
        parts.push(Part::Call(Call {
            id,
            name: tool.name.clone(),
            input,
            kind: tool.kind,
            namespace: tool.namespace.clone(),
        }));
    }
    Ok(Said { parts, finish: Finish::Calls })
}

/// The answer's text within the caller's limit, up to his first stop text.
fn speak(heard: &Heard, spent: usize, ask: &Ask<'_>) -> (String, Finish) {
    let beginning = heard.beginning.as_deref().filter(|_| ask.behaviour.beginnings == Beginnings::Continued);
    // The caller's limit is for what is said now.
    let begun = beginning.map_or(0, tokens_in);
    let limit = heard.tokens_max.map(|limit| limit.saturating_sub(spent).max(1) + begun);
    let mut spoken = ask.speak(&heard.message, limit);
    if let Some(rest) = rest_behind(beginning, &spoken.text, ask) {
        spoken.text = rest;
    }
    let stop = heard.stops.iter().filter_map(|stop| Some((spoken.text.find(stop.as_str())?, stop))).min();
    if let Some((at, stop)) = stop {
        return (spoken.text[..at].to_owned(), Finish::StopText(stop.clone()));
    }
    let finish = if spoken.finish_reason == "length" { Finish::Length } else { Finish::Stop };
    (spoken.text, finish)
}

/// What is missing of a text that the caller began, where the node says only that.
fn rest_behind(beginning: Option<&str>, text: &str, ask: &Ask<'_>) -> Option<String> {
    let beginning = beginning.filter(|_| ask.behaviour.beginnings == Beginnings::Continued)?;
    text.strip_prefix(beginning).map(str::to_owned)
}

/// The tools to call: those that the caller insists on or asks for, unless he brings the results of a call.
fn called_tools(heard: &Heard) -> Vec<&Offered> {
    if heard.brings_results() || heard.choice == Choice::Never {
        return Vec::new();
    }
    if let Choice::Named(name) = &heard.choice {
        return heard.tool(name).into_iter().collect();
    }
    if heard.message.contains(EVERY_TOOL_MARKER) && !heard.calls_one_only {
        return heard.tools.iter().collect();
    }
    let is_marked = heard.message.contains(TOOL_MARKER) || heard.message.contains(EVERY_TOOL_MARKER);
    heard.tools.iter().take(usize::from(heard.choice == Choice::Any || is_marked)).collect()
}

/// The scenario that a request plays: named by a header, by a marker, by its model, or by the node.
fn scenario(heard: &Heard, ask: &Ask<'_>) -> Result<Option<(String, Scenario)>, String> {
    let known = &ask.behaviour.scenarios;
    let asked = ask.scenario.as_deref().or_else(|| marked(&heard.user_text));
    let by_model = || known.contains_key(&heard.model).then_some(heard.model.as_str());
    let Some(name) = asked.or_else(by_model).or(ask.behaviour.scenario.as_deref()) else { return Ok(None) };
    match known.get(name) {
        Some(scenario) => Ok(Some((name.to_owned(), scenario.clone()))),
        None => Err(format!("no scenario is called {name:?}")),
    }
}

/// The turn of a scenario that is due.
fn play(name: &str, scenario: &Scenario, heard: &Heard, call_prefix: &str, ask: &mut Ask<'_>) -> Said {
    let plain = |text: String| Said { parts: vec![Part::Text(text)], finish: Finish::Stop };
    // What was begun is the turn that is due.
    let turn = heard.turns - usize::from(heard.beginning.is_some());
    let Some(steps) = scenario.get(turn) else {
        return plain(format!("The scenario {name} has no turn {}.", turn + 1));
    };
    // An agent also asks small things on the side, without tools. They are no part of the scenario.
    let missing = steps.iter().filter_map(Step::tool).find(|tool| heard.tool(tool).is_none());
    if let Some(tool) = missing {
        return plain(format!("The scenario {name} wants to call {tool}, which is not offered."));
    }
    let results = heard.results.join("\n");
    let mut said = Said { parts: Vec::new(), finish: Finish::Stop };
    for step in steps {
        match step {
            Step::Text(text) => {
                let text = text.replace(RESULT_PLACE, &results);
                let rest = rest_behind(heard.beginning.as_deref(), &text, ask);
                said.parts.push(Part::Text(rest.unwrap_or(text)));
            }
            Step::Thinking(text) if heard.may_think => said.parts.push(Part::Thinking(text.clone())),
            Step::Redacted(text) if heard.may_think => said.parts.push(Part::Redacted(text.clone())),
            Step::Thinking(_) | Step::Redacted(_) => {}
            Step::Call { name, arguments } => {
                let input = match arguments {
                    Value::Null => "{}".to_owned(),
                    Value::String(exact) => exact.clone(),
                    object => object.to_string(),
                };
                said.call(name, input, ToolKind::Function, heard, ask.id(call_prefix));
            }
            Step::Custom { name, input } => {
                said.call(name, input.clone(), ToolKind::Custom, heard, ask.id(call_prefix));
            }
            Step::Stop(_) => {}
        }
    }
    let stop = steps.iter().rev().find_map(|step| match step {
        Step::Stop(stop) => Some(*stop),
        _ => None,
    });
    said.finish = match stop {
        Some(Stop::Length) => Finish::Length,
        Some(Stop::Filtered) => Finish::Filtered,
        Some(Stop::Failed) => Finish::Failed,
        None if said.calls().next().is_some() => Finish::Calls,
        None => Finish::Stop,
    };
    said
}

impl Said {
    /// Adds a call in the form in which the caller offers the tool: a custom tool may have become a function on its way.
    fn call(&mut self, name: &str, input: String, kind: ToolKind, heard: &Heard, id: String) {
        let offered = heard.tool(name).map_or(kind, |tool| tool.kind);
        let input = match (kind, offered) {
            (ToolKind::Custom, ToolKind::Function) => json!({ "input": input }).to_string(),
            _ => input,
        };
        let namespace = heard.tool(name).and_then(|tool| tool.namespace.clone());
        self.parts.push(Part::Call(Call { id, name: name.to_owned(), input, kind: offered, namespace }));
    }
}

/// An object that a JSON schema allows, with every property it names.
fn example_object(schema: &Value) -> Value {
    let properties = schema["properties"].as_object();
    let pairs = properties.into_iter().flatten().map(|(name, property)| {
        let value = match (property["enum"].get(0), property["type"].as_str()) {
            (Some(first), _) => first.clone(),
            (None, Some("integer" | "number")) => json!(1),
            (None, Some("boolean")) => json!(true),
            (None, Some("array")) => json!([]),
            (None, Some("object")) => json!({}),
            _ => json!(format!("simulated {name}")),
        };
        (name.clone(), value)
    });
    Value::Object(pairs.collect::<Map<_, _>>())
}
