//! Where the configuration comes from: a file, the environment, and the flags of this command, read anew each time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use config::{Overrides, Problem, Snapshot, Sources, Stored};
use store::{HeldSecret, SecretDesk};

use crate::arguments::{DataOptions, ServeOptions};
use crate::environment;
use crate::seen::{Reader, Seen};

/// Read when no file is named and it is there.
const FILE_DEFAULT: &str = "bellwether.yaml";
/// In the data directory: the operator's own catalogue of models, read if it is there.
const CATALOG_FILE: &str = "catalog.toml";

/// The sources of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    options: ServeOptions,
    file: Option<PathBuf>,
    catalog: Option<PathBuf>,
    /// The secrets of the store, where it is open.
    secrets: Option<Arc<SecretDesk>>,
}

/// Where variables and files are looked up.
pub(crate) struct Ports<'a> {
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// A path that is relative in the file comes with the folder of that file before it.
    pub(crate) file: &'a dyn Fn(&Path) -> Result<String, String>,
}

/// Where the operator's own catalogue of models is kept.
pub(crate) fn catalog_file(data: &DataOptions) -> Result<PathBuf> {
    Ok(environment::data_dir(data)?.join(CATALOG_FILE))
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
    pub(crate) fn new(data: &DataOptions, options: ServeOptions) -> Self {
        // A folder or a link to nowhere is there, too: that it cannot be read must be said.
        let found =
            || Path::new(FILE_DEFAULT).symlink_metadata().is_ok().then(|| PathBuf::from(FILE_DEFAULT));
        // Where there is no data directory, a start complains of that.
        let catalog = catalog_file(data).ok();
        Self { file: options.config.clone().or_else(found), options, catalog, secrets: None }
    }

    /// The same with the secrets of an opened store; without one, whether they are there is not looked at.
    pub(crate) fn with_secrets(self, secrets: Arc<SecretDesk>) -> Self {
        Self { secrets: Some(secrets), ..self }
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
        let text = match self.read_text(&reader) {
            Ok(text) => text,
            Err(problems) => return Reading { text: None, checked: Err(problems), seen: reader.into_seen() },
        };
        let checked = self.check(text.as_deref(), &reader);
        Reading { text, checked, seen: reader.into_seen() }
    }

    /// What the file holds, if there is one.
    pub(crate) fn text(&self) -> Result<Option<String>, Vec<Problem>> {
        self.read_text(&Reader::default())
    }

    /// What a text would mean in the place of the file's own, with other variables and files.
    pub(crate) fn check_by(&self, text: Option<&str>, ports: &Ports<'_>) -> Result<Snapshot, Vec<Problem>> {
        self.check_all(text, &Reader::default(), ports)
    }

    /// What a text would mean in the place of the file's own.
    pub(crate) fn check_text(&self, text: &str) -> Result<Snapshot, Vec<Problem>> {
        self.check(Some(text), &Reader::default())
    }

    fn read_text(&self, reader: &Reader) -> Result<Option<String>, Vec<Problem>> {
        let read = |file| reader.read(file).map_err(|error| vec![Self::unreadable(error)]);
        self.file.as_deref().map(read).transpose()
    }

    fn check(&self, text: Option<&str>, reader: &Reader) -> Result<Snapshot, Vec<Problem>> {
        let file = |path: &Path| reader.read(path);
        self.check_all(text, reader, &Ports { variable: &environment::variable, file: &file })
    }

    fn check_all(
        &self,
        text: Option<&str>,
        reader: &Reader,
        ports: &Ports<'_>,
    ) -> Result<Snapshot, Vec<Problem>> {
        let start = self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let name = self.file_name().unwrap_or_default();
        let catalog = self.read_catalog(reader)?;
        let sources = Sources {
            text: text.map(|text| (name.as_str(), text)),
            catalog: catalog.as_ref().map(|(name, text)| (name.as_str(), text.as_str())),
            env: ports.variable,
            env_names: environment::variable_names(),
            // A relative path means beside the file that names it.
            read_file: &|path| (ports.file)(&start.join(path)),
            stored: &|name| self.stored(name),
            overrides: Overrides {
                listen: self.options.listen.clone(),
                region: self.options.region.clone(),
                service: self.options.service.clone(),
            },
        };
        config::check(&sources)
    }

    fn stored(&self, name: &str) -> Stored {
        match self.secrets.as_ref().map(|secrets| secrets.find(name)) {
            None => Stored::NotOpen,
            Some(HeldSecret::Found(secret)) => Stored::Found(secret),
            Some(HeldSecret::Unreadable(why)) => Stored::Unreadable(why.to_string()),
            Some(HeldSecret::Missing(names)) => Stored::Missing(names),
        }
    }

    /// Name and text of the operator's catalogue. One that is not there is looked for again.
    fn read_catalog(&self, reader: &Reader) -> Result<Option<(String, String)>, Vec<Problem>> {
        let Some(path) = &self.catalog else { return Ok(None) };
        match reader.read(path) {
            Ok(text) => Ok(Some((path.display().to_string(), text))),
            Err(_) if path.symlink_metadata().is_err() => Ok(None),
            Err(error) => Err(vec![Problem { hint: None, ..Self::unreadable(error) }]),
        }
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
