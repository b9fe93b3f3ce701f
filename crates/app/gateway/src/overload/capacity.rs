//! How many calls this machine can have at once, unless configured.

/// What a call needs beside the body: its own connection's buffers, and the provider's.
const CALL_BYTES: usize = 64 * 1024;
/// The caller's connection, and the provider's.
const CALL_DESCRIPTORS: u64 = 2;
/// Files, listeners, the database, the resolver.
const OTHER_DESCRIPTORS: u64 = 128;
/// However little there seems to be.
const CALLS_MIN: usize = 256;
/// However much there seems to be.
const CALLS_MAX: usize = 1_000_000;

/// The calls that descriptors and half of the memory are enough for.
pub(super) fn calls_max(descriptors_max: Option<u64>, memory_bytes_max: Option<usize>) -> u32 {
    let by_descriptors = descriptors_max.map_or(CALLS_MAX, |descriptors| {
        let calls = descriptors.saturating_sub(OTHER_DESCRIPTORS) / CALL_DESCRIPTORS;
        usize::try_from(calls).unwrap_or(usize::MAX)
    });
    let by_memory = memory_bytes_max.map_or(CALLS_MAX, |bytes| bytes / 2 / CALL_BYTES);
    by_descriptors.min(by_memory).clamp(CALLS_MIN, CALLS_MAX) as u32
}

#[cfg(test)]
mod tests {
    use super::calls_max;

    #[test]
    fn descriptors_and_memory_say_how_many() {
        assert_eq!(calls_max(Some(20_128), None), 10_000);
        assert_eq!(calls_max(Some(20_128), Some(512 << 20)), 4096);
        assert_eq!(calls_max(Some(64), Some(1 << 20)), 256, "a small machine serves some all the same");
        assert_eq!(calls_max(None, Some(usize::MAX)), 1_000_000);
    }
}
