//! Lines that travel together, remembering which of them tell of failures. Knows nothing of queues.

use std::ops::Range;

/// Whole lines, each ending in a line feed.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where the lines of failures are; neighbours are one range.
    failures: Vec<Range<usize>>,
    failure_lines: u64,
    ordinary_lines: u64,
}

impl Batch {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::default() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) const fn lines(&self) -> u64 {
        self.failure_lines + self.ordinary_lines
    }

    /// Appends the one line that `write` writes.
    #[inline]
    pub(crate) fn push(&mut self, is_failure: bool, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        if is_failure {
            self.failure_lines += 1;
            self.mark(start..self.bytes.len());
        } else {
            self.ordinary_lines += 1;
        }
    }

    /// Drops all lines of successes, then the newest lines of failures until at most `bytes_max` are left.
    /// Returns how many lines went.
    pub(crate) fn shrink_to_failures(&mut self, bytes_max: usize) -> u64 {
        let mut dropped = std::mem::take(&mut self.ordinary_lines);
        let mut kept = 0;
        for range in std::mem::take(&mut self.failures) {
            // What was kept before stands at the start already, so that a blocked log costs little per line.
            if range.start != kept {
                self.bytes.copy_within(range.clone(), kept);
            }
            kept += range.len();
        }
        self.bytes.truncate(kept);
        while self.bytes.len() > bytes_max {
            let before_last = self.bytes.split_last().map_or(&[][..], |(_, before)| before);
            let end = before_last.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            self.bytes.truncate(end);
            self.failure_lines -= 1;
            dropped += 1;
        }
        if !self.bytes.is_empty() {
            self.failures.push(0..self.bytes.len());
        }
        dropped
    }

    fn mark(&mut self, range: Range<usize>) {
        match self.failures.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.failures.push(range),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Batch;

    fn batch(lines: &[(&str, bool)]) -> Batch {
        let mut batch = Batch::default();
        for (line, is_failure) in lines {
            batch.push(*is_failure, |out| out.extend_from_slice(line.as_bytes()));
        }
        batch
    }

    #[test]
    fn failures_outlive_successes_in_their_order() {
        let mut batch = batch(&[
            ("ok1\n", false),
            ("bad1\n", true),
            ("bad2\n", true),
            ("ok2\n", false),
            ("bad3\n", true),
        ]);
        assert_eq!((batch.shrink_to_failures(100), batch.lines()), (2, 3));
        assert_eq!(batch.bytes(), b"bad1\nbad2\nbad3\n");
        batch.push(false, |out| out.extend_from_slice(b"ok3\n"));
        batch.push(true, |out| out.extend_from_slice(b"bad4\n"));
        assert_eq!((batch.shrink_to_failures(100), batch.lines()), (1, 4));
        assert_eq!(batch.bytes(), b"bad1\nbad2\nbad3\nbad4\n");
    }

    #[test]
    fn beyond_the_bound_the_newest_failures_go() {
        let mut batch = batch(&[("bad1\n", true), ("bad2\n", true), ("bad3\n", true)]);
        assert_eq!((batch.shrink_to_failures(11), batch.lines()), (1, 2));
        assert_eq!(batch.bytes(), b"bad1\nbad2\n");
        assert_eq!((batch.shrink_to_failures(3), batch.lines()), (2, 0));
        assert_eq!(batch.bytes(), b"");
    }
}
