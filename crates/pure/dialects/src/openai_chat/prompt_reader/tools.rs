//! The tools and the choice among them, those of the older `functions` too.

use crate::Dialect;
use crate::canonical::{Flaw, Tool, ToolChoice, ToolKind};
use crate::json::{Fields, Item};
use crate::openai_chat::marks;

pub(super) fn read(fields: &mut Fields<'_>) -> Result<Vec<Tool>, Flaw> {
    let mut tools = Vec::new();
    for item in fields.list("tools")?.unwrap_or_default() {
        tools.push(tool(&item)?);
    }
    for item in fields.list("functions")?.unwrap_or_default() {
        tools.push(function(item.fields()?, &item.path)?);
    }
    Ok(tools)
}

fn tool(item: &Item<'_>) -> Result<Tool, Flaw> {
    let mut fields = item.fields()?;
    let mark = marks::take(&mut fields);
    let kind = fields.need("type")?.string()?;
    let tool = match kind.as_ref() {
        "function" => function(fields.need("function")?.fields()?, &item.path)?,
        "custom" => custom(fields.need("custom")?.fields()?, &item.path)?,
        _ => Tool {
            name: fields.string("name")?.map_or_else(|| kind.to_string(), Into::into),
            description: None,
            kind: ToolKind::BuiltIn {
                dialect: Dialect::OpenAiChat,
                kind: kind.into_owned(),
                json: item.text().to_owned(),
            },
            is_strict: None,
            mark: None,
            path: item.path.clone(),
        },
    };
    let mark = tool.mark.clone().or(mark);
    Ok(Tool { mark, ..tool })
}

fn function(mut fields: Fields<'_>, path: &str) -> Result<Tool, Flaw> {
    let schema = fields.take("parameters");
    if let Some(schema) = schema.as_ref().filter(|schema| !schema.is_object()) {
        return Err(schema.misfit("an object"));
    }
    Ok(Tool {
        name: fields.need("name")?.string()?.into_owned(),
        description: fields.string("description")?.map(Into::into),
        kind: ToolKind::Function { schema: schema.map_or_else(String::new, |item| item.text().to_owned()) },
        is_strict: fields.boolean("strict")?,
        mark: marks::take(&mut fields),
        path: path.to_owned(),
    })
}

fn custom(mut fields: Fields<'_>, path: &str) -> Result<Tool, Flaw> {
    let format = fields.take("format").map(|item| item.text().to_owned());
    Ok(Tool {
        name: fields.need("name")?.string()?.into_owned(),
        description: fields.string("description")?.map(Into::into),
        kind: ToolKind::Custom { format },
        is_strict: None,
        mark: marks::take(&mut fields),
        path: path.to_owned(),
    })
}

pub(super) fn read_choice(fields: &mut Fields<'_>) -> Result<Option<ToolChoice>, Flaw> {
    let older = fields.take("function_call");
    if let Some(item) = fields.take("tool_choice") {
        return choice(&item).map(Some);
    }
    let Some(item) = older else { return Ok(None) };
    if item.is_text() {
        return choice(&item).map(Some);
    }
    Ok(Some(ToolChoice::Named(item.fields()?.need("name")?.string()?.into_owned())))
}

fn choice(item: &Item<'_>) -> Result<ToolChoice, Flaw> {
    if item.is_text() {
        return match item.string()?.as_ref() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" | "any" => Ok(ToolChoice::Required),
            other => Err(item.flaw(format!("is '{other}', not one of auto, none, required"))),
        };
    }
    let mut fields = item.fields()?;
    let kind = fields.need("type")?;
    match kind.string()?.as_ref() {
        name @ ("function" | "custom") => Ok(ToolChoice::Named(name_in(&mut fields, name)?)),
        "allowed_tools" => {
            let mut allowed = fields.need("allowed_tools")?.fields()?;
            let is_required = allowed.string("mode")?.is_some_and(|mode| mode == "required");
            let names = allowed.need("tools")?.list()?.iter().map(allowed_name).collect::<Result<_, _>>()?;
            Ok(ToolChoice::Allowed { is_required, names })
        }
        other => Err(kind.flaw(format!("is '{other}', which no choice of tools is called"))),
    }
}

fn name_in(fields: &mut Fields<'_>, kind: &str) -> Result<String, Flaw> {
    Ok(fields.need(kind)?.fields()?.need("name")?.string()?.into_owned())
}

fn allowed_name(item: &Item<'_>) -> Result<String, Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.need("type")?.string()?;
    match kind.as_ref() {
        "function" | "custom" => name_in(&mut fields, &kind),
        _ => Ok(fields.string("name")?.unwrap_or(kind).into_owned()),
    }
}
