//! Where the table of running calls is, if nobody says so: in memory, where that outlives the process, else beside the journal.

use std::fs::{metadata, symlink_metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use store::LedgerOptions;

/// Memory of this machine that files can be made in.
const SHARED_MEMORY: &str = "/dev/shm";
/// What only a container has. Its memory ends with it.
const CONTAINER_MARKS: [&str; 2] = ["/.dockerenv", "/run/.containerenv"];
/// Set for whoever systemd has started. It may clear away what its services leave in shared memory when they end, however they end.
const STARTED_BY_SYSTEMD: &str = "INVOCATION_ID";
/// From here on users are people. What they have in shared memory may be cleared away when they log out.
const PEOPLE_FROM: u32 = 1_000;
/// Characters of the data directory that are in the name, for people; the hash before them tells it apart.
const NAME_CHARS_MAX: usize = 60;

/// The usual place.
pub(super) fn usual(data_dir: &Path) -> PathBuf {
    let is_started_by_systemd = std::env::var_os(STARTED_BY_SYSTEMD).is_some();
    let is_container = CONTAINER_MARKS.iter().any(|mark| Path::new(mark).exists());
    let user = metadata("/proc/self").map(|process| process.uid()).ok();
    let shared = in_shared_memory(data_dir);
    let is_kept = !is_started_by_systemd && !is_container && user.is_some_and(|user| user < PEOPLE_FROM);
    if is_kept && Path::new(SHARED_MEMORY).is_dir() && is_ours(&shared, user) {
        return shared;
    }
    LedgerOptions::of(data_dir).slots
}

/// Everybody may make files there: one that somebody else has made, or may write, tells nothing of our calls.
fn is_ours(path: &Path, user: Option<u32>) -> bool {
    let Ok(file) = symlink_metadata(path) else { return true };
    file.is_file() && Some(file.uid()) == user && file.mode() & 0o077 == 0 && file.nlink() == 1
}

fn in_shared_memory(data_dir: &Path) -> PathBuf {
    let path = data_dir.canonicalize().unwrap_or_else(|_| data_dir.to_owned());
    let name: String =
        path.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let end = name.len().saturating_sub(NAME_CHARS_MAX);
    Path::new(SHARED_MEMORY).join(format!("bellwether-slots-{:016x}{}", hash(&path), &name[end..]))
}

/// FNV-1a.
fn hash(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, metadata, set_permissions, write};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::is_ours;

    #[test]
    fn a_table_that_somebody_else_may_have_written_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("slots"), folder.path().join("other"));
        let user = Some(metadata("/proc/self").unwrap().uid());
        assert!(is_ours(&path, user), "none yet");
        write(&path, "").unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(is_ours(&path, user));
        assert!(!is_ours(&path, user.map(|user| user + 1)), "somebody else's");
        symlink(&path, &other).unwrap();
        assert!(!is_ours(&other, user), "it leads elsewhere");
        set_permissions(&path, Permissions::from_mode(0o620)).unwrap();
        assert!(!is_ours(&path, user), "others may write it");
    }
}
