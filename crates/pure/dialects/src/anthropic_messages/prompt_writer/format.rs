//! What the answer must look like: natively, or as the arguments of a tool made up for it, or in words.

use super::schema;
use crate::canonical::{
    Abilities, AnswerShape, CallForce, Feature, Flaw, Losses, OutputFormat, Prompt, SchemaSupport,
};

const PATH: &str = "response_format";

/// The shape of the answer; natively by the schema.
pub(super) fn shape(
    prompt: &Prompt,
    abilities: &Abilities,
    is_thinking: bool,
    losses: &mut Losses,
) -> Result<AnswerShape, Flaw> {
    let schema = match &prompt.format {
        OutputFormat::Text => return Ok(AnswerShape::Free),
        OutputFormat::JsonObject => {
            losses.lose(Feature::JsonObject, PATH)?;
            return Ok(AnswerShape::object_in_words());
        }
        OutputFormat::JsonSchema { schema, .. } => schema,
    };
    if abilities.schema_support == SchemaSupport::Schema
        && let Some(strict) = schema::strict(schema)
    {
        if strict.is_reduced {
            losses.lose(Feature::JsonSchema, PATH)?;
        }
        return Ok(AnswerShape::Native(strict.json));
    }
    losses.lose(Feature::JsonSchema, PATH)?;
    let has_no_tools = prompt.tools.is_empty() && !prompt.has_calls();
    let can_force = abilities.calls_tools && abilities.call_force == CallForce::Full && !is_thinking;
    if has_no_tools
        && can_force
        && let Some(schema) = schema::object_root(schema).filter(|schema| !schema.is_reduced)
    {
        return Ok(AnswerShape::Tool(schema.json));
    }
    Ok(AnswerShape::schema_in_words(schema))
}
