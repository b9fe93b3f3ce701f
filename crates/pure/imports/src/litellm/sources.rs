//! The file, the files that it includes, and the variables that it names.

use config::Problem;
use config::yaml::{Node, parse};

use super::cursor::Cursor;
use crate::report::{About, Report};

/// How a value says that a variable holds it.
const VARIABLE_LEAD: &str = "os.environ/";
const INCLUDE: &str = "include";

/// What the import is handed: variables, and files beside the configuration.
pub struct Outside<'o> {
    /// Looks a variable up.
    pub variable: &'o dyn Fn(&str) -> Option<String>,
    /// Reads a file that the configuration includes.
    pub read_file: &'o dyn Fn(&str) -> Result<String, String>,
}

impl std::fmt::Debug for Outside<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outside(…)")
    }
}

/// Every file as a tree, the main one first.
pub(super) struct Files(Vec<(String, Node)>);

impl Files {
    /// Reads the text and what it includes; a fault of syntax in any of them is a problem.
    pub(super) fn read(
        name: &str,
        text: &str,
        outside: &Outside<'_>,
        report: &mut Report,
    ) -> Result<Self, Vec<Problem>> {
        let mut files = vec![(name.to_owned(), parse(name, text)?)];
        let main = Cursor { file: name, path: String::new(), node: &files[0].1 };
        let mut included = Vec::new();
        for item in main.get(INCLUDE).iter().flat_map(Cursor::items) {
            let Some(path) = item.text() else { continue };
            match (outside.read_file)(&path) {
                Ok(text) => {
                    report.carried(&item.about(), format!("{path} was read as well"));
                    included.push((path.clone(), parse(&path, &text)?));
                }
                Err(why) => report.lost(
                    &item.about(),
                    format!("the file cannot be read: {why}"),
                    Some("put it beside the configuration and import again"),
                ),
            }
        }
        files.extend(included);
        Ok(Self(files))
    }

    /// The sections of that name: all lists of it, for lists are joined; else the one of the last file, which counts.
    pub(super) fn section(&self, name: &str) -> Vec<Cursor<'_>> {
        let mut found: Vec<Cursor<'_>> = self.roots().filter_map(|root| root.get(name)).collect();
        if !found.iter().all(Cursor::is_list) {
            found.drain(..found.len() - 1);
        }
        found
    }

    /// The value of `section.key`, if the section is a mapping.
    pub(super) fn setting(&self, section: &str, key: &str) -> Option<Cursor<'_>> {
        self.section(section).last()?.get(key)
    }

    /// The names of all sections but those that are read here, each once.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for root in self.roots() {
            for (name, _) in root.entries() {
                if name != INCLUDE && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    fn roots(&self) -> impl Iterator<Item = Cursor<'_>> {
        self.0.iter().map(|(file, node)| Cursor { file, path: String::new(), node })
    }
}

/// The variable that a text names, if it names one.
pub(super) fn variable_named(text: &str) -> Option<&str> {
    text.trim().strip_prefix(VARIABLE_LEAD).map(str::trim).filter(|name| !name.is_empty())
}

/// Variables: those that the file sets come first.
pub(super) struct Variables<'v> {
    pub(super) files: &'v Files,
    pub(super) outside: &'v Outside<'v>,
}

impl Variables<'_> {
    /// The text that the file itself gives a variable, if it gives one.
    pub(super) fn in_file(&self, name: &str) -> Option<String> {
        let text = self.files.setting("environment_variables", name)?.text()?;
        variable_named(&text).is_none().then_some(text)
    }

    /// A value that is no secret: the text itself, or that of the variable which it names, which is told.
    pub(super) fn plain(&self, value: &Cursor<'_>, report: &mut Report) -> Option<String> {
        let text = value.text()?;
        let Some(name) = variable_named(&text) else { return Some(text) };
        let found = self.in_file(name).or_else(|| (self.outside.variable)(name));
        match &found {
            Some(_) => report.changed(
                &value.about(),
                format!("{name} was looked up now; what it held stands in the configuration as text"),
                Some("edit the configuration when it changes"),
            ),
            None => report.lost(
                &value.about(),
                format!("the variable {name} is not set here, so its value is not known"),
                Some(&format!("export {name}=… and import again")),
            ),
        }
        found.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// A number of seconds, as milliseconds.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let seconds: f64 = text.trim().parse().ok()?;
    let ms = (seconds * 1000.0).round();
    // Beyond a year it is no time limit but a way to say none.
    (1.0..3.2e10).contains(&ms).then_some(ms as u64)
}

/// What a finding about the whole file is about.
pub(super) fn whole(file: &str) -> About {
    About::named(file)
}
