//! The tools, and which of them must be called.

use std::borrow::Cow;

use crate::Dialect;
use crate::canonical::{Flaw, Tool, ToolChoice, ToolKind};
use crate::json::{Fields, Item};
use crate::openai_responses::names;

/// Reads a list of tools; those of a group are named with it.
pub(super) fn read_tools(list: &[Item<'_>], group: Option<&str>, tools: &mut Vec<Tool>) -> Result<(), Flaw> {
    for item in list {
        let mut fields = item.fields()?;
        let kind = fields.need("type")?.string()?;
        match &*kind {
            "function" => tools.push(read_function(item, fields, group)?),
            "custom" => tools.push(read_custom(item, fields, group)?),
            "namespace" => {
                let name = fields.need("name")?.string()?;
                let list = fields.list("tools")?.unwrap_or_default();
                read_tools(&list, Some(&name), tools)?;
            }
            kind => tools.push(built_in(item, kind)),
        }
    }
    Ok(())
}

fn read_function(item: &Item<'_>, mut fields: Fields<'_>, group: Option<&str>) -> Result<Tool, Flaw> {
    // Some write the form of the older dialect, where all of it stands one level deeper.
    if let Some(nested) = fields.fields("function")? {
        fields = nested;
    }
    let schema = fields.take("parameters");
    if let Some(schema) = schema.as_ref().filter(|schema| !schema.is_object()) {
        return Err(schema.misfit("an object"));
    }
    let schema = schema.map(|schema| schema.text().to_owned()).unwrap_or_default();
    Ok(Tool {
        name: names::joined(group, &fields.need("name")?.string()?),
        description: fields.string("description")?.map(Cow::into_owned),
        kind: ToolKind::Function { schema },
        is_strict: fields.boolean("strict")?,
        mark: None,
        path: item.path.clone(),
    })
}

fn read_custom(item: &Item<'_>, mut fields: Fields<'_>, group: Option<&str>) -> Result<Tool, Flaw> {
    let format = match fields.take("format") {
        Some(format) => {
            let kind = format.fields()?.string("type")?;
            (kind.as_deref() != Some("text")).then(|| format.text().to_owned())
        }
        None => None,
    };
    Ok(Tool {
        name: names::joined(group, &fields.need("name")?.string()?),
        description: fields.string("description")?.map(Cow::into_owned),
        kind: ToolKind::Custom { format },
        is_strict: None,
        mark: None,
        path: item.path.clone(),
    })
}

fn built_in(item: &Item<'_>, kind: &str) -> Tool {
    Tool {
        name: kind.to_owned(),
        description: None,
        kind: ToolKind::BuiltIn {
            dialect: Dialect::OpenAiResponses,
            kind: kind.to_owned(),
            json: item.text().to_owned(),
        },
        is_strict: None,
        mark: None,
        path: item.path.clone(),
    }
}

/// Reads which tools must be called.
pub(super) fn read_choice(item: &Item<'_>) -> Result<ToolChoice, Flaw> {
    if item.is_text() {
        return match &*item.string()? {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            other => Err(item.flaw(format!("must be auto, none or required, not '{other}'"))),
        };
    }
    let mut fields = item.fields()?;
    if fields.string("type")?.as_deref() == Some("allowed_tools") {
        let is_required = fields.string("mode")?.as_deref() == Some("required");
        let list = fields.list("tools")?.unwrap_or_default();
        let names = list.iter().map(named).collect::<Result<_, _>>()?;
        return Ok(ToolChoice::Allowed { is_required, names });
    }
    named(item).map(ToolChoice::Named)
}

/// The name of a tool that is pointed at; one that the provider runs is called what it is.
fn named(item: &Item<'_>) -> Result<String, Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.need("type")?.string()?;
    if !matches!(&*kind, "function" | "custom") {
        return Ok(kind.into_owned());
    }
    let group = fields.string("namespace")?;
    if let Some(nested) = fields.fields("function")? {
        fields = nested;
    }
    Ok(names::joined(group.as_deref(), &fields.need("name")?.string()?))
}
