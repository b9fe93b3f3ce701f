//! Tools that a provider runs itself, at another provider: what is merely offered is left out, what must be called is not.

use std::borrow::Cow;

use super::flaw::Flaw;
use super::loss::{Feature, Losses};
use super::prompt::Prompt;
use super::tool::{Tool, ToolChoice, ToolKind};
use crate::Dialect;

impl Prompt {
    /// The prompt without the tools that only another dialect's providers run. Agents offer theirs to every model; a prompt
    /// that insists on one of them is refused.
    pub fn without_foreign_tools(&self, to: Dialect, losses: &mut Losses) -> Result<Cow<'_, Self>, Flaw> {
        let is_foreign = |tool: &Tool| match &tool.kind {
            ToolKind::BuiltIn { dialect, .. } => *dialect != to,
            ToolKind::Function { .. } | ToolKind::Custom { .. } => false,
        };
        if !self.tools.iter().any(is_foreign) {
            return Ok(Cow::Borrowed(self));
        }
        let (foreign, tools): (Vec<Tool>, Vec<Tool>) = self.tools.iter().cloned().partition(is_foreign);
        let mut kept = Self { tools, ..self.clone() };
        for tool in &foreign {
            if kept.insists_on(tool) {
                losses.lose(Feature::BuiltInTool, &tool.path)?;
            }
            losses.lose(Feature::OfferedTool, &tool.path)?;
            if let Some(ToolChoice::Allowed { names, .. }) = &mut kept.tool_choice {
                names.retain(|name| *name != tool.name);
            }
        }
        // Without tools there is nothing to choose.
        if kept.tools.is_empty() {
            kept.tool_choice = None;
            kept.may_call_in_parallel = None;
        }
        Ok(Cow::Owned(kept))
    }

    /// Whether nothing but this tool, or another that is left out too, could do what was chosen.
    fn insists_on(&self, tool: &Tool) -> bool {
        match &self.tool_choice {
            Some(ToolChoice::Named(name)) => *name == tool.name,
            Some(ToolChoice::Required) => self.tools.is_empty(),
            Some(ToolChoice::Allowed { is_required, names }) => {
                *is_required && *names == [tool.name.as_str()]
            }
            Some(ToolChoice::Auto | ToolChoice::None) | None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect;
    use crate::canonical::{Losses, Prompt, Tool, ToolChoice, ToolKind};

    fn tool(name: &str, is_built_in: bool) -> Tool {
        let kind = if is_built_in {
            let (kind, json) = (name.to_owned(), format!("{{\"type\":\"{name}\"}}"));
            ToolKind::BuiltIn { dialect: Dialect::OpenAiResponses, kind, json }
        } else {
            ToolKind::Function { schema: String::new() }
        };
        let (name, path) = (name.to_owned(), format!("tools.{name}"));
        Tool { name, description: None, kind, is_strict: None, mark: None, path }
    }

    fn check(tools: &[Tool], choice: Option<ToolChoice>, expected: Result<usize, &str>) {
        let prompt = Prompt { tools: tools.to_vec(), tool_choice: choice, ..Prompt::default() };
        let mut losses = Losses::new(false);
        match (prompt.without_foreign_tools(Dialect::OpenAiChat, &mut losses), expected) {
            (Ok(kept), Ok(left)) => {
                assert_eq!(kept.tools.len(), left);
                assert_eq!(losses.warnings(), ["built_in_tool_dropped"]);
            }
            (Err(flaw), Err(code)) => assert!(flaw.message.contains(code), "{flaw:?}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
        let same = prompt.without_foreign_tools(Dialect::OpenAiResponses, &mut losses).unwrap();
        assert_eq!(*same, prompt);
    }

    #[test]
    fn what_is_offered_is_left_out_and_what_is_wanted_is_refused() {
        let both = [tool("run", false), tool("web_search", true)];
        let named = |name: &str| Some(ToolChoice::Named(name.to_owned()));
        let allowed = |is_required, names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Some(ToolChoice::Allowed { is_required, names })
        };
        check(&both, None, Ok(1));
        check(&both, named("run"), Ok(1));
        check(&both, Some(ToolChoice::Required), Ok(1));
        check(&both, allowed(true, &["run", "web_search"]), Ok(1));
        check(&both[1..], Some(ToolChoice::Auto), Ok(0));
        for choice in [named("web_search"), allowed(true, &["web_search"])] {
            check(&both, choice, Err("built_in_tool_unsupported"));
        }
        check(&both[1..], Some(ToolChoice::Required), Err("built_in_tool_unsupported"));
        let prompt = Prompt { tools: both.to_vec(), ..Prompt::default() };
        assert!(prompt.without_foreign_tools(Dialect::OpenAiChat, &mut Losses::new(true)).is_err());
    }
}
