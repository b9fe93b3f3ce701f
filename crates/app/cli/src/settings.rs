//! Where the configuration comes from: a file, the environment, and the flags of this command, read anew each time.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use config::{Overrides, Problem, Snapshot, Sources};

use crate::arguments::ServeOptions;
use crate::environment;
use crate::seen::{Reader, Seen};

/// Read when no file is named and it is there.
const FILE_DEFAULT: &str = "bellwether.yaml";

/// The sources of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    options: ServeOptions,
    file: Option<PathBuf>,
}

/// One reading of everything.
pub(crate) struct Reading {
    /// What the file holds, if there is a file and it can be read.
    pub(crate) text: Option<String>,
    /// What that means.
    pub(crate) checked: Result<Snapshot, Vec<Problem>>,
    /// What was in all the files.
    pub(crate) seen: Seen,
}

impl Settings {
    pub(crate) fn new(options: ServeOptions) -> Self {
        // A folder or a link to nowhere is there, too: that it cannot be read must be said.
        let found =
            || Path::new(FILE_DEFAULT).symlink_metadata().is_ok().then(|| PathBuf::from(FILE_DEFAULT));
        Self { file: options.config.clone().or_else(found), options }
    }

    /// The file that is read, if one is.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The file's name as problems have it.
    pub(crate) fn file_name(&self) -> Option<String> {
        self.file.as_ref().map(|file| file.display().to_string())
    }

    /// Reads and checks everything.
    pub(crate) fn read(&self) -> Reading {
        let reader = Reader::default();
        let text = match &self.file {
            None => None,
            Some(file) => match reader.read(file) {
                Ok(text) => Some(text),
                Err(error) => {
                    let checked = Err(vec![Self::unreadable(error)]);
                    return Reading { text: None, checked, seen: reader.into_seen() };
                }
            },
        };
        let checked = self.check(text.as_deref(), &reader);
        Reading { text, checked, seen: reader.into_seen() }
    }

    /// What a text would mean in the place of the file's own.
    pub(crate) fn check_text(&self, text: &str) -> Result<Snapshot, Vec<Problem>> {
        self.check(Some(text), &Reader::default())
    }

    fn check(&self, text: Option<&str>, reader: &Reader) -> Result<Snapshot, Vec<Problem>> {
        let start = self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let name = self.file_name().unwrap_or_default();
        let sources = Sources {
            text: text.map(|text| (name.as_str(), text)),
            env: &environment::variable,
            env_names: environment::variable_names(),
            // A relative path means beside the file that names it.
            read_file: &|path| reader.read(&start.join(path)),
            overrides: Overrides {
                listen: self.options.listen.clone(),
                region: self.options.region.clone(),
                service: self.options.service.clone(),
            },
        };
        config::check(&sources)
    }

    fn unreadable(error: String) -> Problem {
        Problem {
            // The message names it.
            file: None,
            place: None,
            path: String::new(),
            found: String::new(),
            message: error,
            hint: Some("name the file by --config FILE or BELLWETHER_CONFIG".to_owned()),
        }
    }
}

/// Problems as the last words of a command.
pub(crate) fn refused(problems: &[Problem]) -> anyhow::Error {
    let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let count = if list.len() == 1 { "one problem".to_owned() } else { format!("{} problems", list.len()) };
    anyhow!("the configuration has {count}:\n{}", list.join("\n"))
}

/// A snapshot, or the problems as an error.
pub(crate) fn or_refused(checked: Result<Snapshot, Vec<Problem>>) -> Result<Snapshot> {
    checked.map_err(|problems| refused(&problems))
}
