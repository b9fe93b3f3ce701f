//! Where the configuration comes from: a file, the environment, and the flags of this command, read anew on each reload.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use config::{Overrides, Problem, Snapshot, Sources};
use domain::BaseUrl;
use simulator::{DEMO_MODELS, Simulator};

use crate::arguments::ServeOptions;
use crate::environment;

/// Read when no file is named and it is there.
const FILE_DEFAULT: &str = "bellwether.yaml";

/// The sources of the configuration.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    options: ServeOptions,
    file: Option<PathBuf>,
}

impl Settings {
    pub(super) fn new(options: ServeOptions) -> Self {
        let found = || Path::new(FILE_DEFAULT).is_file().then(|| PathBuf::from(FILE_DEFAULT));
        Self { file: options.config.clone().or_else(found), options }
    }

    /// The file that is read, if one is.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads and checks everything; the error lists all problems.
    pub(super) fn load(&self) -> Result<Snapshot> {
        self.check()?.map_err(|problems| {
            let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let count =
                if list.len() == 1 { "one problem".to_owned() } else { format!("{} problems", list.len()) };
            anyhow!("the configuration has {count}:\n{}", list.join("\n"))
        })
    }

    /// Reads and checks everything; the inner error is what is wrong with the content.
    pub(super) fn check(&self) -> Result<Result<Snapshot, Vec<Problem>>> {
        let text = match &self.file {
            Some(file) => Some((
                file.display().to_string(),
                environment::read_file(file).map_err(anyhow::Error::msg).context("the configuration")?,
            )),
            None => None,
        };
        let start = self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let sources = Sources {
            text: text.as_ref().map(|(name, text)| (name.as_str(), text.as_str())),
            env: &environment::variable,
            env_names: environment::variable_names(),
            // A relative path means beside the file that names it.
            read_file: &|path| environment::read_file(&start.join(path)),
            overrides: Overrides {
                listen: self.options.listen.clone(),
                region: self.options.region.clone(),
                service: self.options.service.clone(),
            },
        };
        Ok(config::check(&sources))
    }

    /// Without any provider the built-in demo answers, so that the first call works.
    pub(super) async fn with_demo_if_empty(
        &self,
        snapshot: Snapshot,
    ) -> Result<(Snapshot, Option<Simulator>)> {
        if !snapshot.providers.is_empty() {
            return Ok((snapshot, None));
        }
        let demo = simulator::demo().await.context("cannot start the built-in demo provider")?;
        let url = demo_url(&demo);
        Ok((with_demo(snapshot, &url)?, Some(demo)))
    }

    /// The same address with a port that is free right now.
    #[expect(clippy::unused_self, reason = "asked for together with the command it belongs to")]
    pub(super) fn free_address(&self, taken: SocketAddr) -> SocketAddr {
        let any = SocketAddr::new(taken.ip(), 0);
        std::net::TcpListener::bind(any).and_then(|listener| listener.local_addr()).unwrap_or(any)
    }

    /// This command as it was given, but for a port that the system chooses.
    pub(super) fn command_with_free_port(&self, taken: SocketAddr) -> String {
        let mut given = std::env::args();
        let mut words = vec![given.next().map_or("bellwether".to_owned(), |command| quoted(&command))];
        while let Some(word) = given.next() {
            if word == "--listen" {
                given.next();
            } else if !word.starts_with("--listen=") {
                words.push(quoted(&word));
            }
        }
        words.push(format!("--listen {}", self.free_address(taken)));
        words.join(" ")
    }
}

/// Where the demo provider is.
pub(super) fn demo_url(demo: &Simulator) -> String {
    demo.nodes().first().map(|node| node.base_url()).unwrap_or_default()
}

/// A snapshot with the demo at `url` as its one provider.
pub(super) fn with_demo(snapshot: Snapshot, url: &str) -> Result<Snapshot> {
    let base = BaseUrl::parse(url).map_err(|error| anyhow!("the demo provider's address {url} {error}"))?;
    Ok(snapshot.with_demo(base, DEMO_MODELS.iter().map(|name| (*name).to_owned()).collect()))
}

/// A word as a shell takes it back.
fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&byte));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("--data-dir=/tmp/x"), "--data-dir=/tmp/x");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
