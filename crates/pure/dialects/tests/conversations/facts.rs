//! What a conversation says, as a list: made of a conversation in no dialect, and found in a prompt that was read.

use dialects::canonical::{Media, OutputFormat, Part, Prompt, Source, Speaker, Tool, ToolKind};
use dialects::json::writer::compact;
use dialects::{CUSTOM_TOOL_ARGUMENT, Written};

use crate::talk::{Image, SCHEMA, Talk};

const CUSTOM: &str = "custom";

/// One thing that is said. Calls and results are tied by the number of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    System(String),
    User(String),
    Model(String),
    Thought(String),
    Call { name: String, arguments: String },
    Result { call: usize, text: String },
}

/// All that is said, and beside it the images: where they stand may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) said: Vec<Fact>,
    pub(crate) images: Vec<Image>,
    pub(crate) tools: Vec<(String, String)>,
    pub(crate) schema: Option<String>,
}

/// What must be found behind a translation.
pub(crate) fn expected(talk: &Talk) -> Facts {
    let mut facts = Facts { schema: talk.schema.clone(), ..Facts::default() };
    facts.said.extend(talk.system.clone().map(Fact::System));
    let mut number = 0;
    for (place, round) in talk.rounds.iter().enumerate() {
        facts.said.push(Fact::User(round.question.clone()));
        facts.images.extend(round.image.clone());
        facts.said.extend(talk.thought(place).map(|thought| Fact::Thought(thought.to_owned())));
        if !round.calls.is_empty() {
            facts.said.extend(round.said.clone().map(Fact::Model));
        }
        for call in &round.calls {
            let tool = &talk.tools[call.tool];
            let arguments = if tool.is_custom { call.arguments.clone() } else { compact(&call.arguments) };
            facts.said.push(Fact::Call { name: tool.name.clone(), arguments });
        }
        for call in &round.calls {
            facts.said.push(Fact::Result { call: number, text: call.result.concat() });
            facts.images.extend(call.image.clone());
            number += 1;
        }
        if talk.is_answered(place) {
            facts.said.push(Fact::Model(round.closing.clone()));
        }
    }
    let kind = |is_custom| if is_custom { CUSTOM.to_owned() } else { SCHEMA.to_owned() };
    facts.tools = talk.tools.iter().map(|tool| (tool.name.clone(), kind(tool.is_custom))).collect();
    facts
}

/// What a prompt says; names as the caller knows them.
pub(crate) fn found(prompt: &Prompt, written: &Written) -> Facts {
    let mut facts = Facts::default();
    let known = |name: &str| {
        let renamed = written.renamed_tools.iter().find(|(sent, _)| sent == name);
        renamed.map_or_else(|| name.to_owned(), |(_, known)| known.clone())
    };
    let mut ids: Vec<&str> = Vec::new();
    for turn in &prompt.turns {
        for part in &turn.parts {
            match (turn.speaker, part) {
                (Speaker::Instructions, Part::Text(text)) => facts.said.push(Fact::System(text.text.clone())),
                // Tells what an image belongs to that stood elsewhere.
                (Speaker::User, Part::Text(text)) if text.text.starts_with("Returned by the tool call ") => {}
                (Speaker::User, Part::Text(text)) => facts.said.push(Fact::User(text.text.clone())),
                (Speaker::Model, Part::Text(text)) => facts.said.push(Fact::Model(text.text.clone())),
                (_, Part::Thought(thought)) => {
                    if !thought.text.is_empty() {
                        facts.said.push(Fact::Thought(thought.text.clone()));
                    }
                }
                (_, Part::Call(call)) => {
                    ids.push(&call.id);
                    let arguments = match written.wrapped_tools.contains(&call.name) {
                        true => unwrapped(&call.arguments),
                        false if call.is_custom => call.arguments.clone(),
                        false => compact(&call.arguments),
                    };
                    facts.said.push(Fact::Call { name: known(&call.name), arguments });
                }
                (_, Part::Media(media)) => facts.images.push(image(media)),
                (_, Part::Outcome(outcome)) => {
                    let mut text = String::new();
                    for part in &outcome.parts {
                        match part {
                            Part::Text(words) => text.push_str(&words.text),
                            Part::Media(media) => facts.images.push(image(media)),
                            other => panic!("{other:?} in an outcome"),
                        }
                    }
                    let call =
                        ids.iter().position(|id| *id == outcome.call_id).expect("an outcome of a call");
                    facts.said.push(Fact::Result { call, text });
                }
                (speaker, part) => panic!("{speaker:?} says {part:?}"),
            }
        }
    }
    let unique: std::collections::HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "two calls became one");
    let kind = |tool: &Tool| match &tool.kind {
        _ if written.wrapped_tools.contains(&tool.name) => CUSTOM.to_owned(),
        ToolKind::Function { schema } => compact(schema),
        ToolKind::Custom { .. } => CUSTOM.to_owned(),
        ToolKind::BuiltIn { .. } => panic!("{tool:?}"),
    };
    facts.tools = prompt.tools.iter().map(|tool| (known(&tool.name), kind(tool))).collect();
    if let OutputFormat::JsonSchema { schema, .. } = &prompt.format {
        facts.schema = Some(compact(schema));
    }
    facts
}

/// The text that a custom tool takes, out of the arguments of the function that stands for it.
fn unwrapped(arguments: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(arguments).expect("arguments are JSON");
    value[CUSTOM_TOOL_ARGUMENT].as_str().expect("a wrapped text").to_owned()
}

fn image(media: &Media) -> Image {
    match &media.source {
        Source::Inline { data, .. } => Image::Inline(data.clone()),
        Source::Url(url) => Image::Url(url.clone()),
        other => panic!("an image became {other:?}"),
    }
}
