//! Whoever keeps the configuration: the one task that takes new ones, from the file when it changes and from those who
//! ask. One thing after the other, so nothing here is locked.

use std::path::Path;
use std::sync::Arc;

use admin::{
    ChangeView, ConfigAsk, ConfigRefusal, ConfigSide, ConfigView, ReloadReport, RevertReport, VersionView,
};
use domain::Timestamp;
use gateway::{ConfigStatus, Gateway, wall_clock};
use observe::{Level, Log};
use store::{AuditRecords, ConfigShelf, PriceDesk, SecretDesk, Who};
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use super::apply::Applier;
use super::noting::{Change, Noting};
use super::refusal::{no_file, of_shelf, of_store, problems};
use super::watch::Watch;
use crate::environment::read_file;
use crate::prices;
use crate::replace_file::replace_file;
use crate::serve::key_checks::KeyChecks;
use crate::settings::{Reading, Settings};

/// What a keeper works with.
pub(crate) struct KeeperParts {
    pub(crate) settings: Settings,
    pub(crate) applier: Applier,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) shelf: ConfigShelf,
    pub(crate) prices: Arc<PriceDesk>,
    pub(crate) audit: Arc<dyn AuditRecords>,
    /// Told where the configuration in force names secrets.
    pub(crate) secrets: Arc<SecretDesk>,
    pub(crate) log: Log,
    /// Told when providers have changed.
    pub(crate) key_checks: Arc<KeyChecks>,
    /// What was read at the start.
    pub(crate) text: Option<String>,
    pub(crate) seen: crate::seen::Seen,
}

/// Keeps the configuration of a running gateway.
pub(crate) struct Keeper {
    settings: Settings,
    applier: Applier,
    gateway: Arc<Gateway>,
    shelf: ConfigShelf,
    prices: Arc<PriceDesk>,
    noting: Noting,
    secrets: Arc<SecretDesk>,
    log: Log,
    key_checks: Arc<KeyChecks>,
    watch: Watch,
    /// What the start or the last reload has told.
    notes: Vec<String>,
    present: Present,
}

/// What is known of the configuration in force.
struct Present {
    text: Option<String>,
    version: Option<i64>,
    since: Timestamp,
    reason: String,
    needs_restart: Vec<String>,
    /// Why the file as it stands is not in force.
    problems: Vec<String>,
}

impl Keeper {
    pub(crate) fn new(parts: KeeperParts) -> Self {
        let KeeperParts {
            settings,
            applier,
            gateway,
            shelf,
            prices,
            audit,
            secrets,
            log,
            key_checks,
            text,
            seen,
        } = parts;
        let present = Present {
            text,
            version: None,
            since: wall_clock(),
            reason: "start".to_owned(),
            needs_restart: Vec::new(),
            problems: Vec::new(),
        };
        let (watch, notes) = (Watch::new(seen), applier.present().notes.clone());
        let noting = Noting::new(audit, log.clone());
        let keeper = Self {
            settings,
            applier,
            gateway,
            shelf,
            prices,
            noting,
            secrets,
            log,
            key_checks,
            watch,
            notes,
            present,
        };
        keeper.note_status();
        keeper.note_secrets();
        keeper
    }

    /// Runs until nobody can ask any more.
    pub(crate) async fn run(mut self, mut asks: mpsc::Receiver<ConfigAsk>) {
        self.keep_version().await;
        self.noting.start(self.settings.file_name(), self.present.version, self.present.since).await;
        self.note_status();
        loop {
            tokio::select! {
                ask = asks.recv() => match ask {
                    Some(ask) => self.answer(ask).await,
                    None => return self.noting.write().await,
                },
                () = sleep_until(self.watch.next_look()) => {
                    if self.watch.look() {
                        // Problems are in the log and in health; there is nobody else to tell.
                        let who = Who { actor: "file change", by: None, request_id: None };
                        let _ = self.reload("the file changed", who).await;
                    }
                }
            }
        }
    }

    /// An asker who has gone is no problem of ours.
    async fn answer(&mut self, ask: ConfigAsk) {
        match ask {
            ConfigAsk::Reload(reason, who, reply) => {
                let _ = reply.send(self.reload(reason, who).await.map_err(ConfigRefusal::Problems));
            }
            ConfigAsk::Show(reply) => {
                let _ = reply.send(Ok(self.show()));
            }
            ConfigAsk::Versions(reply) => {
                let _ = reply.send(self.versions().await);
            }
            ConfigAsk::Difference(from, to, reply) => {
                let _ = reply.send(self.difference(from, to).await);
            }
            ConfigAsk::Revert(number, who, reply) => {
                let _ = reply.send(self.revert(number, who).await);
            }
        }
    }

    /// Reads everything anew and takes it, or says every problem.
    async fn reload(&mut self, reason: &str, who: Who) -> Result<ReloadReport, Vec<String>> {
        let Reading { text, checked, seen } = self.settings.read();
        self.watch.note_read(seen);
        let is_emptied = text.as_deref().is_some_and(config::is_blank)
            && !self.present.text.as_deref().is_some_and(config::is_blank);
        let checked = if is_emptied {
            // Whoever wants that can start so: far more often somebody is writing the file, or has lost it.
            Err(vec![format!("{}: the file is empty", self.settings.file_name().unwrap_or_default())])
        } else {
            checked.map_err(|found| problems(&found))
        };
        let applied = checked.and_then(|next| {
            let notes = next.notes.clone();
            self.applier.apply(next).inspect(|_| self.tell_new(&notes))
        });
        match applied {
            Ok(report) => {
                self.take(text, ("config.reload", reason), who, &report).await;
                Ok(report)
            }
            Err(problems) => {
                for problem in &problems {
                    self.log.event(
                        Level::Error,
                        "the new configuration is refused; the old one stays in force",
                        &[("reason", &reason), ("problem", problem)],
                    );
                }
                self.present.problems.clone_from(&problems);
                self.note_status();
                Err(problems)
            }
        }
    }

    /// Notes that were not told before.
    fn tell_new(&mut self, notes: &[String]) {
        for note in notes.iter().filter(|note| !self.notes.contains(note)) {
            self.log.event(Level::Warn, note, &[]);
        }
        self.notes = notes.to_vec();
    }

    /// What was applied is the present configuration now.
    async fn take(
        &mut self,
        text: Option<String>,
        (action, reason): (&'static str, &str),
        who: Who,
        report: &ReloadReport,
    ) {
        let before = self.present.version;
        let is_another = self.present.text != text || !report.changed.is_empty();
        self.note_secrets();
        self.present.problems.clear();
        self.present.needs_restart.clone_from(&report.needs_restart);
        if self.present.text != text {
            self.present.text = text;
            self.present.since = wall_clock();
            reason.clone_into(&mut self.present.reason);
            self.present.version = None;
        }
        if self.present.version.is_none() {
            self.keep_version().await;
        }
        if is_another {
            let (file, versions) = (self.settings.file_name(), [before, self.present.version]);
            let change = Change { action, file, who, reason, versions, report };
            let has_failed = self.present.text.is_some() && self.present.version.is_none();
            self.noting.change(change, wall_clock(), has_failed).await;
        }
        self.note_status();
        let (changed, restart) = (report.changed.join(", "), report.needs_restart.join(", "));
        let version = self.present.version.map_or_else(|| "-".to_owned(), |number| number.to_string());
        self.log.event(
            Level::Info,
            "configuration reloaded",
            &[("reason", &reason), ("version", &version), ("changed", &changed), ("needs_restart", &restart)],
        );
        if report.changed.iter().any(|section| section == "providers") {
            self.key_checks.want();
        }
        // Where nobody has set prices, those of the catalogue stand in for the providers that there are.
        self.prices.stand_in(|| prices::stand_in(self.applier.present())).await;
    }

    fn note_secrets(&self) {
        let uses = &self.applier.present().secret_uses;
        self.secrets.note_uses(uses.iter().map(|it| (it.name.clone(), it.path.clone())));
    }

    /// Keeps the present text as a version. It is in force whether or not that succeeds.
    async fn keep_version(&mut self) {
        if let (Some(text), Some(file)) = (&self.present.text, self.settings.file_name()) {
            match self.shelf.keep(text, &file, &self.present.reason, self.present.since).await {
                Ok(number) => self.present.version = Some(number),
                Err(error) => {
                    let message = "the configuration is in force, but not kept as a version";
                    self.log.event(Level::Error, message, &[("reason", &error)]);
                }
            }
        }
    }

    fn note_status(&self) {
        self.gateway.status().note_config(ConfigStatus {
            file: self.settings.file_name(),
            version: self.present.version,
            since: Some(self.present.since),
            problems: self.present.problems.clone(),
            needs_restart: self.present.needs_restart.clone(),
        });
    }

    fn show(&self) -> ConfigView {
        let snapshot = self.applier.present();
        ConfigView {
            file: self.settings.file_name(),
            version: self.present.version,
            since: self.present.since.rfc3339(),
            reason: self.present.reason.clone(),
            problems: self.present.problems.clone(),
            needs_restart: self.present.needs_restart.clone(),
            effective: config::effective(snapshot),
            configured: config::configured(snapshot, &config::defaults()),
        }
    }

    async fn versions(&self) -> Result<Vec<VersionView>, ConfigRefusal> {
        let kept = self.shelf.list().await.map_err(|error| of_store(&error))?;
        let view = |kept: store::ConfigVersion| VersionView {
            is_in_force: Some(kept.number) == self.present.version,
            version: kept.number,
            taken_at: kept.taken_at.rfc3339(),
            reason: kept.reason,
            file: kept.file,
        };
        Ok(kept.into_iter().map(view).collect())
    }

    async fn difference(&self, from: ConfigSide, to: ConfigSide) -> Result<Vec<ChangeView>, ConfigRefusal> {
        let (from, to) = (self.text_of(from).await?, self.text_of(to).await?);
        let view = |change: config::Change| ChangeView {
            path: change.path,
            before: change.before,
            after: change.after,
        };
        match config::difference(&from, &to) {
            Ok(changes) => Ok(changes.into_iter().map(view).collect()),
            Err(found) => Err(ConfigRefusal::NotComparable(problems(&found).join("; "))),
        }
    }

    async fn text_of(&self, side: ConfigSide) -> Result<String, ConfigRefusal> {
        match side {
            ConfigSide::InForce => Ok(self.present.text.clone().unwrap_or_default()),
            ConfigSide::Version(number) => self.shelf.text(number).await.map_err(|error| of_shelf(&error)),
            ConfigSide::File => {
                let file = self.settings.file().ok_or_else(no_file)?;
                read_file(file).map_err(ConfigRefusal::Failed)
            }
        }
    }

    /// Puts a version back: in force first, then into the file.
    async fn revert(&mut self, number: Option<i64>, who: Who) -> Result<RevertReport, ConfigRefusal> {
        let file = self.settings.file().ok_or_else(no_file)?.to_owned();
        // What is in force and was not kept, because the store was busy, must not be lost now.
        if self.present.text.is_some() && self.present.version.is_none() {
            self.keep_version().await;
            if self.present.version.is_none() {
                let why = "what is in force is not kept as a version yet, and cannot be now; try again";
                return Err(ConfigRefusal::Failed(why.to_owned()));
            }
        }
        let from = match number {
            Some(number) => number,
            None => {
                let standing = read_file(&file).ok();
                self.shelf.former(standing.as_deref()).await.map_err(|error| of_shelf(&error))?
            }
        };
        let text = self.shelf.text(from).await.map_err(|error| of_shelf(&error))?;
        let checked = self.settings.check_text(&text);
        let next = checked.map_err(|found| ConfigRefusal::Problems(problems(&found)))?;
        let report = self.applier.apply(next).map_err(ConfigRefusal::Problems)?;
        let written = self.write(&file, &text).await;
        // What the file holds now is what was meant, or is known and left alone until it changes.
        self.watch.note_read(self.settings.read().seen);
        let reason = format!("revert to version {from}");
        self.take(Some(text), ("config.revert", &reason), who, &report).await;
        if let Some(why) = &written {
            let message =
                "a former configuration is in force, but not in the file: the next start reads the file";
            self.present.problems = vec![why.clone()];
            self.note_status();
            self.log.event(Level::Error, message, &[("reason", why)]);
        }
        Ok(RevertReport { from, version: self.present.version, report, file_not_written: written })
    }

    /// Writes the file; what stood there is kept before, if it is no version yet. Says why it could not be written.
    async fn write(&self, file: &Path, text: &str) -> Option<String> {
        let mut kept = None;
        // Somebody may write it while what stood there is being kept.
        while let Some(standing) = read_file(file).ok().filter(|standing| kept.as_ref() != Some(standing)) {
            let name = file.display().to_string();
            if let Err(error) = self.shelf.keep_aside(&standing, &name, wall_clock()).await {
                return Some(format!("what stands in {name} cannot be kept: {error}"));
            }
            kept = Some(standing);
        }
        let written = replace_file(file, text);
        written.err().map(|error| format!("cannot write {}: {error}", file.display()))
    }
}
