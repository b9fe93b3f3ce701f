//! A whole answer: the fold of its events.

use domain::{ModelUsage, Usage};

use super::event::{Event, Finish, Opening};
use super::part::{Call, Part, Text, Thought};

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The provider's id of it.
    pub id: Option<String>,
    /// The model that answered, in the provider's words.
    pub model: Option<String>,
    /// What it says, in the order in which it began.
    pub parts: Vec<Part>,
    /// Why it ended; `None` if it did not.
    pub finish: Option<Finish>,
    /// Tokens used, where the provider says.
    pub usage: Option<Usage>,
    /// The same by the models that used them, where there were several.
    pub usage_by_model: Vec<ModelUsage>,
    /// The provider's words, if it could not go on.
    pub fault: Option<String>,
}

impl Reply {
    /// Puts an answer together.
    pub fn of(events: impl IntoIterator<Item = Event>) -> Self {
        let mut reply = Self::default();
        let mut numbers = Vec::new();
        for event in events {
            reply.add(event, &mut numbers);
        }
        reply
    }

    fn add(&mut self, event: Event, numbers: &mut Vec<u32>) {
        let place = |numbers: &[u32], part: u32| numbers.iter().position(|number| *number == part);
        match event {
            Event::Begin { id, model } => (self.id, self.model) = (id, model),
            Event::Open { part, opening } => {
                numbers.push(part);
                self.parts.push(opened(opening));
            }
            Event::Delta { part, text } => {
                if let Some(part) = place(numbers, part) {
                    extend(&mut self.parts[part], &text);
                }
            }
            Event::Sealed { part, seal } => {
                if let Some(Part::Thought(thought)) = place(numbers, part).map(|part| &mut self.parts[part]) {
                    thought.seal = Some(seal);
                }
            }
            Event::Cited { part, citation } => {
                if let Some(Part::Text(text)) = place(numbers, part).map(|part| &mut self.parts[part]) {
                    text.citations.push(citation);
                }
            }
            Event::Close { .. } | Event::End => {}
            Event::Usage(usage) => self.usage = Some(usage),
            Event::UsageByModel(parts) => self.usage_by_model = parts,
            Event::Finish(finish) => self.finish = Some(finish),
            Event::Fault { json } => self.fault = Some(json),
        }
    }

    /// All that the model wrote, calls and thoughts included.
    pub fn said(&self) -> String {
        let mut said = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => said.push_str(&text.text),
                Part::Refusal(text) => said.push_str(text),
                Part::Thought(thought) => said.push_str(&thought.text),
                Part::Call(call) => said.extend([call.name.as_str(), call.arguments.as_str()]),
                Part::Media(_) | Part::Outcome(_) | Part::Foreign(_) => {}
            }
        }
        said
    }

    /// Whether it asks for tools.
    pub fn has_calls(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Call(_)))
    }
}

fn opened(opening: Opening) -> Part {
    match opening {
        Opening::Text => Part::Text(Text::default()),
        Opening::Refusal => Part::Refusal(String::new()),
        Opening::Thought { id, is_summary } => {
            Part::Thought(Thought { id, is_summary, ..Thought::default() })
        }
        Opening::Call { id, name, is_custom } => Part::Call(Call { id, name, is_custom, ..Call::default() }),
    }
}

fn extend(part: &mut Part, more: &str) {
    match part {
        Part::Text(text) => text.text.push_str(more),
        Part::Refusal(text) => text.push_str(more),
        Part::Thought(thought) => thought.text.push_str(more),
        Part::Call(call) => call.arguments.push_str(more),
        Part::Media(_) | Part::Outcome(_) | Part::Foreign(_) => {}
    }
}
