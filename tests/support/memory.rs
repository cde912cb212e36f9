//! The memory of a process.

/// A field of `/proc/<process>/status` in bytes: `VmRSS` is the resident memory now, `VmHWM` its
/// maximum so far. `process` is a process id, or `self`.
pub(crate) fn memory_bytes(process: &str, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
