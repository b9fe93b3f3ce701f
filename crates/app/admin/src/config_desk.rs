//! The way to whoever keeps the configuration: questions go in one by one over a bounded queue, each with its way back. What
//! is done about them is decided there.

use serde::Serialize;
use store::Who;
use tokio::sync::{mpsc, oneshot};

/// Questions waiting at once. Each is asked by an administrator or a signal.
const ASKS_MAX: usize = 16;

/// The askers' end of the queue.
#[derive(Clone, Debug)]
pub struct ConfigDesk(mpsc::Sender<ConfigAsk>);

/// The way back of one question.
pub type Reply<T> = oneshot::Sender<Result<T, ConfigRefusal>>;

/// What can be asked of whoever keeps the configuration.
#[derive(Debug)]
pub enum ConfigAsk {
    /// Read everything again and take it, or nothing. The text says why, for the list of versions.
    Reload(&'static str, Who, Reply<ReloadReport>),
    /// Show what is in force.
    Show(Reply<ConfigView>),
    /// List the versions that are kept.
    Versions(Reply<Vec<VersionView>>),
    /// Compare two texts of the file.
    Difference(ConfigSide, ConfigSide, Reply<Vec<ChangeView>>),
    /// Put a version back in force and into the file: the one of this number, else the last
    /// good one or, if that is what the file holds, the one before it.
    Revert(Option<i64>, Who, Reply<RevertReport>),
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSide {
    /// What is in force.
    InForce,
    /// The file as it stands.
    File,
    /// A kept version.
    Version(i64),
}

/// Why a question has no better answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigRefusal {
    /// Every problem of the configuration; the one in force stays.
    Problems(Vec<String>),
    /// There is no such version.
    NoVersion(String),
    /// There is no file to read, compare or write.
    NoFile(String),
    /// One of two texts cannot be read, and why.
    NotComparable(String),
    /// It could not be done.
    Failed(String),
}

/// What a reload did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReloadReport {
    /// Sections that differ and are in force now.
    pub changed: Vec<String>,
    /// Sections that differ but count from the next start only.
    pub needs_restart: Vec<String>,
}

/// What putting a version back did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevertReport {
    /// The version that was put back.
    pub from: i64,
    /// The number it has now.
    pub version: Option<i64>,
    /// What that changed.
    #[serde(flatten)]
    pub report: ReloadReport,
    /// Why the file could not be written: it stays as it is, and the next start reads it.
    pub file_not_written: Option<String>,
}

/// The configuration in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConfigView {
    /// The file, if there is one.
    pub file: Option<String>,
    /// Its number among the kept versions.
    pub version: Option<i64>,
    /// Since when it is in force.
    pub since: String,
    /// What brought it.
    pub reason: String,
    /// Why the file as it stands is not in force.
    pub problems: Vec<String>,
    /// What differs from what is in force, but counts from the next start only.
    pub needs_restart: Vec<String>,
    /// Everything in force as YAML, defaults included, secrets masked.
    pub effective: String,
    /// The same without what is as it is by default.
    pub configured: String,
}

/// One kept version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionView {
    /// Its number.
    pub version: i64,
    /// When it came into force.
    pub taken_at: String,
    /// What brought it.
    pub reason: String,
    /// The file it stood in.
    pub file: String,
    /// Whether it is the one in force.
    pub is_in_force: bool,
}

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeView {
    /// Where it stands.
    pub path: String,
    /// What stood there.
    pub before: Option<String>,
    /// What stands there now.
    pub after: Option<String>,
}

impl ConfigDesk {
    /// A queue: its two ends.
    pub fn queue() -> (Self, mpsc::Receiver<ConfigAsk>) {
        let (sender, receiver) = mpsc::channel(ASKS_MAX);
        (Self(sender), receiver)
    }

    /// Asks and waits for the answer.
    pub async fn ask<T>(&self, make: impl FnOnce(Reply<T>) -> ConfigAsk) -> Result<T, ConfigRefusal> {
        let stopping = || ConfigRefusal::Failed("the gateway is stopping".to_owned());
        let (reply, answer) = oneshot::channel();
        self.0.send(make(reply)).await.map_err(|_| stopping())?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }
}
