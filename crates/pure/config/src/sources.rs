//! What the check is handed: the file's text, and ports to the environment and to other files. Nothing is read here.

use std::path::Path;

use domain::Secret;

/// Everything a configuration is made from. A flag goes before the file, the file before the environment's providers.
pub struct Sources<'a> {
    /// Name and text of the file, if there is one.
    pub text: Option<(&'a str, &'a str)>,
    /// Name and text of the operator's own catalogue of models, if there is one.
    pub catalog: Option<(&'a str, &'a str)>,
    /// Looks a variable up.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The names of all variables.
    pub env_names: Vec<String>,
    /// Reads the file of a secret or certificate. It decides where a relative path starts.
    pub read_file: &'a dyn Fn(&Path) -> Result<String, String>,
    /// Looks up a secret that the gateway's own store holds.
    pub stored: &'a dyn Fn(&str) -> Stored,
    /// What flags and our own variables say.
    pub overrides: Overrides,
}

/// What the gateway's own store has under a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    /// This.
    Found(Secret),
    /// Something that cannot be opened, and why.
    Unreadable(String),
    /// Nothing; the names that it has.
    Missing(Vec<String>),
    /// The store is not open here: whether it has one is seen at the start.
    NotOpen,
}

/// Settings from flags, or from the `BELLWETHER_*` variable of the same name; they go before the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--listen`: replaces all listeners by one without TLS.
    pub listen: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--service`.
    pub service: Option<String>,
}

impl Sources<'_> {
    /// The variable's text without white space around it; an empty variable counts as unset.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The first of these variables that is set, with its text.
    pub(crate) fn first_variable<'n>(&self, names: &[&'n str]) -> Option<(&'n str, String)> {
        names.iter().find_map(|name| Some((*name, self.variable(name)?)))
    }
}

impl std::fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The text and the variables may hold secrets.
        f.debug_struct("Sources")
            .field("file", &self.text.map(|(name, _)| name))
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}
