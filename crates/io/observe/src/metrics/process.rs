//! What the kernel knows about this process, read from `/proc`. Elsewhere than on Linux nothing is known.

use std::fs;

/// Ticks per second in `/proc`; fixed at 100 for user space on all platforms we run on (`man 7 time`, USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// When the process began, in seconds since the Unix epoch.
pub(crate) fn started_at_seconds() -> Option<f64> {
    let own = fs::read_to_string("/proc/self/stat").ok()?;
    let system = fs::read_to_string("/proc/stat").ok()?;
    let booted_at = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(booted_at.trim().parse::<f64>().ok()? + start_ticks(&own)? / TICKS_PER_SECOND)
}

/// Memory in use that is not swapped out.
pub(crate) fn resident_bytes() -> Option<u64> {
    resident_in(&fs::read_to_string("/proc/self/status").ok()?)
}

/// Open descriptors. Since Linux 6.2 the directory's size says so; counting thousands of entries would take
/// milliseconds of the worker that answers.
pub(crate) fn open_descriptors() -> Option<u64> {
    const DIRECTORY: &str = "/proc/self/fd";
    match fs::metadata(DIRECTORY).ok()?.len() {
        0 => Some(fs::read_dir(DIRECTORY).ok()?.count() as u64),
        count => Some(count),
    }
}

/// Field 22 of `/proc/self/stat`. The second field is a name that may hold spaces and brackets, so we count from its end.
fn start_ticks(stat: &str) -> Option<f64> {
    let after_name = stat.rsplit_once(") ")?.1;
    after_name.split(' ').nth(22 - 3)?.parse().ok()
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::{resident_in, start_ticks};

    #[test]
    fn an_odd_process_name_shifts_no_field() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 80 0 0 0 1 0 0 0 20 0 1 0 987654 3000 200\n";
        assert_eq!(start_ticks(stat), Some(987_654.0));
        assert_eq!(start_ticks("42 (a) S 1"), None);
    }

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(resident_in("VmHWM:\t  9000 kB\nVmRSS:\t    1234 kB\n"), Some(1_263_616));
        assert_eq!(resident_in("VmHWM:\t  9000 kB\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_all_three() {
        assert!(super::started_at_seconds().is_some_and(|at| at > 1.0e9));
        assert!(super::resident_bytes().is_some_and(|bytes| bytes > 100_000));
        assert!(super::open_descriptors().is_some_and(|count| count >= 3));
    }
}
