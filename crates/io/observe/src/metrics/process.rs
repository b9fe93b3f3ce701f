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

/// The most descriptors that may be open: the soft limit.
pub(crate) fn descriptors_max() -> Option<u64> {
    descriptors_max_in(&fs::read_to_string("/proc/self/limits").ok()?)
}

/// Time that processors have spent on it, its own and the system's for it.
pub(crate) fn processor_seconds() -> Option<f64> {
    processor_seconds_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// Field 22 of `/proc/self/stat`.
fn start_ticks(stat: &str) -> Option<f64> {
    field(stat, 22)
}

/// Fields 14 and 15.
fn processor_seconds_in(stat: &str) -> Option<f64> {
    Some((field(stat, 14)? + field(stat, 15)?) / TICKS_PER_SECOND)
}

/// A field of `/proc/self/stat` by its number in `man proc`. The second is a name that may hold spaces and brackets, so we count
/// from its end.
fn field(stat: &str, number: usize) -> Option<f64> {
    let after_name = stat.rsplit_once(") ")?.1;
    after_name.split(' ').nth(number - 3)?.parse().ok()
}

/// `unlimited` is no number, and then there is nothing to tell.
fn descriptors_max_in(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::{descriptors_max_in, processor_seconds_in, resident_in, start_ticks};

    #[test]
    fn an_odd_process_name_shifts_no_field() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 80 0 0 0 1 0 0 0 20 0 1 0 987654 3000 200\n";
        assert_eq!(start_ticks(stat), Some(987_654.0));
        assert_eq!(start_ticks("42 (a) S 1"), None);
    }

    #[test]
    fn time_of_processors_is_its_own_and_the_systems() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 80 0 0 0 150 25 0 0 20 0 1 0 987654 3000 200\n";
        assert_eq!(processor_seconds_in(stat), Some(1.75));
        assert_eq!(processor_seconds_in("42 (a) S 1"), None);
    }

    #[test]
    fn the_limit_of_descriptors_is_the_soft_one() {
        let limits =
            "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024    524288    files\n";
        assert_eq!(descriptors_max_in(limits), Some(1024));
        assert_eq!(descriptors_max_in("Max open files   unlimited  unlimited  files\n"), None);
    }

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(resident_in("VmHWM:\t  9000 kB\nVmRSS:\t    1234 kB\n"), Some(1_263_616));
        assert_eq!(resident_in("VmHWM:\t  9000 kB\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_all_of_it() {
        assert!(super::started_at_seconds().is_some_and(|at| at > 1.0e9));
        assert!(super::resident_bytes().is_some_and(|bytes| bytes > 100_000));
        assert!(super::open_descriptors().is_some_and(|count| count >= 3));
        assert!(super::descriptors_max().is_some_and(|count| count >= 3));
        assert!(super::processor_seconds().is_some_and(|seconds| seconds >= 0.0));
    }
}
