//! What all stages of a drill stand on: a directory of its own, a key, a log that nobody reads. Gone when the drill is over.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use domain::Secret;
use gateway::wall_clock;
use observe::{Format, Log, LogOptions, LogThread, Sink};
use store::{
    Asker, DATABASE_FILE, DataDir, Database, DatabasePlace, KeyDesk, KeyDirectory, KeyHasher, MasterKey,
    NewKey,
};

/// Log batches on their way to the writer.
const LOG_BATCHES_MAX: usize = 64;

/// What all stages stand on.
pub(super) struct Ground {
    pub(super) keys: Arc<KeyDirectory>,
    pub(super) hasher: KeyHasher,
    /// What the drill's caller proves himself with.
    pub(super) key: Secret,
    pub(super) log: Log,
    folder: Folder,
}

/// What is left to do when the drill is over.
pub(super) struct Ending(LogThread);

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind is in the system's folder for such things, and holds no secret of the house.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Ground {
    pub(super) async fn prepare() -> Result<(Self, Ending)> {
        let name = format!("bellwether-drill-{}-{}", std::process::id(), wall_clock().unix_ms());
        let folder = Folder(std::env::temp_dir().join(name));
        let dir = DataDir::create(folder.0.clone())?.lock()?;
        let (master, _) = MasterKey::from_data_dir(&dir)?;
        let store =
            Database::open(&DatabasePlace::File(dir.join(DATABASE_FILE)), &master.key_hasher()).await?;
        let prefix = &config::defaults().keys.prefix;
        let desk = KeyDesk::open(Box::new(store.clone()), master.key_hasher(), prefix).await?;
        let wish = NewKey::named("drill");
        let key = desk.create(wish, &Asker::operator("this process"), wall_clock()).await?.secret;
        let options = LogOptions {
            format: Format::Json,
            sink: Sink::File(folder.0.join("drill.log")),
            queue_batches_max: LOG_BATCHES_MAX,
            now: wall_clock,
        };
        let (log, log_thread) = Log::start(&options).context("cannot write the log of the drill")?;
        let (keys, hasher) = (desk.directory(), desk.hasher());
        drop(desk);
        store.close().await;
        Ok((Self { keys, hasher, key, log, folder }, Ending(log_thread)))
    }

    /// Where uploads would lie.
    pub(super) fn folder(&self) -> &Path {
        &self.folder.0
    }
}

impl Ending {
    /// Clears up.
    pub(super) fn clear(self, ground: Ground) {
        let Ground { log, folder, .. } = ground;
        drop(log);
        self.0.stop();
        drop(folder);
    }
}
