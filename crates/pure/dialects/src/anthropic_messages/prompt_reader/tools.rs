//! The tools and the choice among them.

use crate::Dialect;
use crate::anthropic_messages::marks;
use crate::canonical::{Flaw, Prompt, Tool, ToolChoice, ToolKind};
use crate::json::{Fields, Item};

pub(super) fn read(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    for item in fields.list("tools")?.unwrap_or_default() {
        prompt.tools.push(tool(&item)?);
    }
    if let Some(mut choice) = fields.fields("tool_choice")? {
        prompt.may_call_in_parallel = choice.boolean("disable_parallel_tool_use")?.map(|is_off| !is_off);
        let kind = choice.need("type")?;
        prompt.tool_choice = Some(match kind.string()?.as_ref() {
            "auto" => ToolChoice::Auto,
            "any" => ToolChoice::Required,
            "none" => ToolChoice::None,
            "tool" => ToolChoice::Named(choice.need("name")?.string()?.into_owned()),
            other => return Err(kind.flaw(format!("is '{other}', not one of auto, any, tool, none"))),
        });
    }
    Ok(())
}

fn tool(item: &Item<'_>) -> Result<Tool, Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.string("type")?.filter(|kind| kind != "custom");
    let Some(kind) = kind else { return function(fields, item) };
    let name = fields.string("name")?.unwrap_or_else(|| kind.clone()).into_owned();
    Ok(Tool {
        name,
        description: None,
        kind: ToolKind::BuiltIn {
            dialect: Dialect::AnthropicMessages,
            kind: kind.into_owned(),
            json: item.text().to_owned(),
        },
        is_strict: None,
        mark: None,
        path: item.path.clone(),
    })
}

fn function(mut fields: Fields<'_>, item: &Item<'_>) -> Result<Tool, Flaw> {
    let schema = fields.need("input_schema")?;
    schema.fields()?;
    Ok(Tool {
        name: fields.need("name")?.string()?.into_owned(),
        description: fields.string("description")?.map(Into::into),
        kind: ToolKind::Function { schema: schema.text().to_owned() },
        is_strict: fields.boolean("strict")?,
        mark: marks::take(&mut fields)?,
        path: item.path.clone(),
    })
}
