//! What the answer must look like: natively, or as the arguments of a tool made up for it, or in words.

use super::schema;
use crate::canonical::{Abilities, CallForce, Feature, Flaw, Losses, OutputFormat, Prompt, SchemaSupport};

/// The tool whose arguments are the answer.
const ANSWER_TOOL: &str = "json";
const PATH: &str = "response_format";

/// How the form of the answer is fixed.
pub(super) enum Form {
    /// Not at all.
    Free,
    /// By this schema.
    Native(String),
    /// By a tool with this schema.
    Tool(String),
    /// By words.
    Words(String),
}

impl Form {
    /// The tool's name.
    pub(super) fn tool(&self) -> Option<&'static str> {
        matches!(self, Self::Tool(_)).then_some(ANSWER_TOOL)
    }

    /// What is said to the model.
    pub(super) fn words(&self) -> Option<&str> {
        match self {
            Self::Words(words) => Some(words),
            _ => None,
        }
    }
}

pub(super) fn form(
    prompt: &Prompt,
    abilities: &Abilities,
    is_thinking: bool,
    losses: &mut Losses,
) -> Result<Form, Flaw> {
    let schema = match &prompt.format {
        OutputFormat::Text => return Ok(Form::Free),
        OutputFormat::JsonObject => {
            losses.lose(Feature::JsonObject, PATH)?;
            return Ok(Form::Words("Answer with one JSON object and nothing else.".to_owned()));
        }
        OutputFormat::JsonSchema { schema, .. } => schema,
    };
    if abilities.schema_support == SchemaSupport::Schema
        && let Some(strict) = schema::strict(schema)
    {
        if strict.is_reduced {
            losses.lose(Feature::JsonSchema, PATH)?;
        }
        return Ok(Form::Native(strict.json));
    }
    losses.lose(Feature::JsonSchema, PATH)?;
    let has_no_tools = prompt.tools.is_empty() && !prompt.has_calls();
    let can_force = abilities.calls_tools && abilities.call_force == CallForce::Full && !is_thinking;
    if has_no_tools
        && can_force
        && let Some(schema) = schema::object_root(schema).filter(|schema| !schema.is_reduced)
    {
        return Ok(Form::Tool(schema.json));
    }
    Ok(Form::Words(format!("Answer with JSON of this schema and nothing else: {schema}")))
}
