//! `run.json`: how commands find the server that runs on a data directory. It is written once the server is ready.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::data_dir::{DataDir, DataDirError, LockedDataDir, is_alive};

const RUN_FILE: &str = "run.json";
const RUN_FILE_BYTES_MAX: u64 = 64 * 1024;

/// What a running server says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningServer {
    /// Its process.
    pub pid: u32,
    /// Where it answers, the best address first.
    pub urls: Vec<String>,
    /// Where its admin API answers.
    pub admin_url: String,
    /// When it became ready, RFC 3339.
    pub started_at: String,
}

/// The file while it stands; dropping this removes it, as a clean stop does.
#[derive(Debug)]
pub struct RunFile {
    path: PathBuf,
}

impl RunFile {
    /// Tells everyone that this process serves at `urls`, and its admin API at `admin_url`.
    pub fn write(
        dir: &LockedDataDir,
        urls: Vec<String>,
        admin_url: String,
        now: Timestamp,
    ) -> Result<Self, DataDirError> {
        let server = RunningServer { pid: std::process::id(), urls, admin_url, started_at: now.rfc3339() };
        let content = serde_json::to_vec_pretty(&server).expect("numbers and texts are always JSON");
        dir.replace(RUN_FILE, &content)?;
        Ok(Self { path: dir.join(RUN_FILE) })
    }
}

impl Drop for RunFile {
    fn drop(&mut self) {
        // Left behind it does no harm: readers check that its process lives and holds the directory.
        let _ = fs::remove_file(&self.path);
    }
}

impl RunningServer {
    /// The server running on this directory; `None` also for a file that a crash left behind.
    pub fn find(dir: &DataDir) -> Option<Self> {
        let file = File::open(dir.join(RUN_FILE)).ok()?;
        let mut content = Vec::new();
        file.take(RUN_FILE_BYTES_MAX).read_to_end(&mut content).ok()?;
        let server: Self = serde_json::from_slice(&content).ok()?;
        // The process is asked for first: probing the lock could get in the way of a server that is just starting.
        (is_alive(server.pid) && dir.is_locked()).then_some(server)
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::{RUN_FILE, RunFile, RunningServer};
    use crate::data_dir::DataDir;

    #[test]
    fn a_server_is_found_while_it_runs() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::create(parent.path()).unwrap();
        assert_eq!(RunningServer::find(&dir), None);
        let locked = dir.lock().unwrap();
        let urls = vec!["http://127.0.0.1:4000".to_owned()];
        let file =
            RunFile::write(&locked, urls.clone(), "http://127.0.0.1:4001".to_owned(), Timestamp(0)).unwrap();
        let found = RunningServer::find(&dir).unwrap();
        let expected = RunningServer {
            pid: std::process::id(),
            urls,
            admin_url: "http://127.0.0.1:4001".to_owned(),
            started_at: "1970-01-01T00:00:00.000Z".to_owned(),
        };
        assert_eq!(found, expected);
        drop(file);
        assert_eq!(RunningServer::find(&dir), None);
        assert!(!dir.join(RUN_FILE).exists());
    }

    #[test]
    fn what_a_crash_left_behind_is_not_believed() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::create(parent.path()).unwrap();
        let locked = dir.lock().unwrap();
        let left_behind = RunFile::write(&locked, Vec::new(), String::new(), Timestamp(0)).unwrap();
        drop(locked);
        assert!(dir.join(RUN_FILE).exists());
        assert_eq!(RunningServer::find(&dir), None, "nobody holds the lock");
        let _locked = dir.lock().unwrap();
        std::fs::write(dir.join(RUN_FILE), r#"{"pid":4294967294,"urls":[],"admin_url":"","started_at":""}"#)
            .unwrap();
        assert_eq!(RunningServer::find(&dir), None, "no such process");
        std::fs::write(dir.join(RUN_FILE), "{").unwrap();
        assert_eq!(RunningServer::find(&dir), None, "not JSON");
        drop(left_behind);
    }
}
