//! What the answer must look like: natively, or as the arguments of a tool made up for it, or in words.

use crate::canonical::{
    Abilities, AnswerShape, CallForce, Effort, Feature, Flaw, Losses, OutputFormat, Prompt, SchemaSupport,
    ThinkingWish,
};
use crate::json::writer::object;

const OBJECT_ONLY: &str = "{\"type\":\"json_object\"}";
/// A schema must have a name.
const SCHEMA_NAME: &str = "answer";
const PATH: &str = "response_format";

/// The shape of the answer; natively by `response_format`.
pub(super) fn shape(
    prompt: &Prompt,
    abilities: &Abilities,
    losses: &mut Losses,
) -> Result<AnswerShape, Flaw> {
    let support = abilities.schema_support;
    match &prompt.format {
        OutputFormat::Text => Ok(AnswerShape::Free),
        OutputFormat::JsonObject if support == SchemaSupport::None => {
            losses.lose(Feature::JsonObject, PATH)?;
            Ok(AnswerShape::object_in_words())
        }
        OutputFormat::JsonObject => Ok(AnswerShape::Native(OBJECT_ONLY.to_owned())),
        OutputFormat::JsonSchema { name, description, schema, is_strict }
            if support == SchemaSupport::Schema =>
        {
            let json = object(|o| {
                o.text("name", &name.as_deref().map_or_else(|| SCHEMA_NAME.to_owned(), plain_name));
                if let Some(description) = description {
                    o.text("description", description);
                }
                o.raw("schema", schema);
                if let Some(is_strict) = is_strict {
                    o.boolean("strict", *is_strict);
                }
            });
            Ok(AnswerShape::Native(object(|o| {
                o.text("type", "json_schema");
                o.raw("json_schema", &json);
            })))
        }
        OutputFormat::JsonSchema { schema, .. } => {
            losses.lose(Feature::JsonSchema, PATH)?;
            if prompt.tools.is_empty() && can_force(abilities) && !wants_thought(prompt) {
                return Ok(AnswerShape::Tool(schema.clone()));
            }
            Ok(AnswerShape::schema_in_words(schema))
        }
    }
}

fn can_force(abilities: &Abilities) -> bool {
    abilities.calls_tools && abilities.call_force == CallForce::Full
}

/// Models that think take no forced calls.
fn wants_thought(prompt: &Prompt) -> bool {
    let by_effort = prompt.thinking.effort.is_some_and(|effort| effort != Effort::None);
    by_effort || prompt.thinking.wish.is_some_and(|wish| wish != ThinkingWish::Off)
}

/// Letters, digits, `_` and `-`, at most 64.
fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = name.chars().map(plain).take(64).collect();
    if name.is_empty() { SCHEMA_NAME.to_owned() } else { name }
}
