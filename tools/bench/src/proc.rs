//! What a tree of processes costs, read from /proc: CPU time, memory, and a core's busy time.
//!
//! A process that ends between two reads is simply missing: the figures are of those still there.

use std::collections::HashMap;
use std::fs;

use crate::poll::clock_ticks_per_second;

/// A process and all its descendants; empty for pid 0, which stands for "not ours to account".
pub(crate) fn tree(pid: u32) -> Vec<u32> {
    if pid == 0 {
        return Vec::new();
    }
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for child in numbers_in("/proc") {
        if let Some(parent) = stat_fields(child).and_then(|fields| fields.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(child);
        }
    }
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(pid) = found.get(next) {
        if let Some(of_pid) = children.get(pid) {
            found.extend(of_pid);
        }
        next += 1;
    }
    found
}

/// CPU time at one moment: exact per thread, and in ticks of 10 ms per process.
#[derive(Clone, Default)]
pub(crate) struct CpuTime {
    ticks_us: f64,
    threads_us: HashMap<u32, f64>,
}

impl CpuTime {
    pub(crate) fn read(pids: &[u32]) -> CpuTime {
        let mut threads_us = HashMap::new();
        for pid in pids {
            for thread in numbers_in(&format!("/proc/{pid}/task")) {
                let path = format!("/proc/{pid}/task/{thread}/schedstat");
                let on_cpu_ns = fs::read_to_string(path)
                    .ok()
                    .and_then(|text| text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()));
                if let Some(ns) = on_cpu_ns {
                    threads_us.insert(thread, ns / 1e3);
                }
            }
        }
        CpuTime { ticks_us: cpu_us(pids), threads_us }
    }

    /// Microseconds since `earlier`: exact while no thread has ended, else by ticks.
    pub(crate) fn us_since(&self, earlier: &CpuTime) -> f64 {
        let is_exact = !earlier.threads_us.is_empty()
            && earlier.threads_us.keys().all(|thread| self.threads_us.contains_key(thread));
        if !is_exact {
            return self.ticks_us - earlier.ticks_us;
        }
        self.threads_us.iter().map(|(thread, us)| us - earlier.threads_us.get(thread).unwrap_or(&0.0)).sum()
    }
}

/// User and system time of the processes so far, in microseconds.
pub(crate) fn cpu_us(pids: &[u32]) -> f64 {
    let ticks_per_second = clock_ticks_per_second();
    pids.iter()
        .filter_map(|pid| {
            let fields = stat_fields(*pid)?;
            let user: f64 = fields.get(11)?.parse().ok()?;
            let system: f64 = fields.get(12)?.parse().ok()?;
            Some((user + system) / ticks_per_second * 1e6)
        })
        .sum()
}

/// Memory held now by the processes, in KiB.
pub(crate) fn resident_kib(pids: &[u32]) -> f64 {
    status_kib(pids, "VmRSS:")
}

/// The most memory the processes ever held, in KiB.
pub(crate) fn resident_kib_peak(pids: &[u32]) -> f64 {
    status_kib(pids, "VmHWM:")
}

/// Everything that ran on a core, whoever ran it, in microseconds.
pub(crate) fn core_busy_us(core: usize) -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let name = format!("cpu{core} ");
    let Some(line) = text.lines().find(|line| line.starts_with(&name)) else { return 0.0 };
    let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // user, nice, system, irq, softirq, steal; not idle (3) and iowait (4), which are rest.
    let busy: f64 = [0, 1, 2, 5, 6, 7].iter().filter_map(|at| ticks.get(*at)).sum();
    busy / clock_ticks_per_second() * 1e6
}

fn status_kib(pids: &[u32], key: &str) -> f64 {
    pids.iter()
        .filter_map(|pid| {
            let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = text.lines().find(|line| line.starts_with(key))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        })
        .sum()
}

/// The fields of /proc/PID/stat after the command's name, which may itself hold spaces and brackets.
fn stat_fields(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = text.get(text.rfind(')')? + 2..)?;
    Some(after_name.split(' ').map(str::to_owned).collect())
}

fn numbers_in(directory: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_string_lossy().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_costs_something() {
        let own = tree(std::process::id());
        assert!(own.contains(&std::process::id()));
        assert!(resident_kib(&own) > 0.0 && resident_kib_peak(&own) >= resident_kib(&own) * 0.5);
        let before = CpuTime::read(&own);
        std::hint::black_box((0..3_000_000_u64).fold(0, |sum, n| sum ^ n.wrapping_mul(31)));
        assert!(CpuTime::read(&own).us_since(&before) > 0.0);
    }

    #[test]
    fn pid_zero_has_no_tree() {
        assert!(tree(0).is_empty());
        assert!(cpu_us(&[]).abs() < f64::EPSILON);
    }
}
