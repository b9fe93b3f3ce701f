//! Rows that travel together, as bytes in two buffers: one for failures, which outlive the others when there is no room.

use super::reader::{Head, Reader};
use super::row::RequestRow;
use super::written::{Former, write};

/// Rows on their way to a database.
#[derive(Debug, Default)]
pub struct RowBatch {
    successes: Rows,
    failures: Rows,
}

/// Rows one behind the other.
#[derive(Debug, Default)]
struct Rows {
    bytes: Vec<u8>,
    count: u64,
    /// The last one. Apart, as a batch is handed on whole.
    former: Box<Former>,
}

impl RowBatch {
    /// An empty one with room for as much as another held.
    pub fn like(other: &Self, bytes_max: usize) -> Self {
        let room = |rows: &Rows| Rows {
            bytes: Vec::with_capacity(rows.bytes.len().min(bytes_max)),
            ..Rows::default()
        };
        Self { successes: room(&other.successes), failures: room(&other.failures) }
    }

    /// Adds a row.
    pub fn push(&mut self, row: &RequestRow<'_>) {
        let rows = if row.is_failure() { &mut self.failures } else { &mut self.successes };
        write(&mut rows.bytes, &mut rows.former, row);
        rows.count += 1;
    }

    /// How many there are.
    pub const fn rows(&self) -> u64 {
        self.successes.count + self.failures.count
    }

    /// How much memory they take.
    pub const fn bytes(&self) -> usize {
        self.successes.bytes.len() + self.failures.bytes.len()
    }

    /// Drops all successes, and all failures too if they are more than so many bytes. Gives how many rows went.
    pub fn shrink_to_failures(&mut self, bytes_max: usize) -> u64 {
        let mut dropped = self.successes.clear();
        if self.failures.bytes.len() > bytes_max {
            dropped += self.failures.clear();
        }
        dropped
    }

    /// The rows as they were written, failures first.
    pub(super) fn written(&self) -> [&[u8]; 2] {
        [&self.failures.bytes, &self.successes.bytes]
    }

    /// Of each row what is looked for most; failures first.
    pub(super) fn heads(&self) -> impl Iterator<Item = Head<'_>> {
        self.written().into_iter().flat_map(|bytes| {
            let mut reader = Reader::of(bytes);
            std::iter::from_fn(move || reader.head())
        })
    }

    /// The rows, failures first.
    pub fn iter(&self) -> impl Iterator<Item = RequestRow<'_>> {
        self.written().into_iter().flat_map(|bytes| {
            let mut reader = Reader::of(bytes);
            std::iter::from_fn(move || reader.row())
        })
    }
}

impl Rows {
    fn clear(&mut self) -> u64 {
        self.bytes.clear();
        *self.former = Former::default();
        std::mem::take(&mut self.count)
    }
}

#[cfg(test)]
mod tests {
    use domain::{Currency, Usage};

    use super::super::row::{RequestRow, RowCost};
    use super::super::suite::row;
    use super::super::written::TEXT_BYTES_MAX;
    use super::RowBatch;

    #[test]
    fn rows_come_out_as_they_went_in_failures_first() {
        let mut batch = RowBatch::default();
        let (success, mut failure) = (row(1), row(2));
        failure.status = 502;
        batch.push(&success);
        batch.push(&failure);
        assert_eq!(batch.iter().collect::<Vec<_>>(), [failure, success]);
        assert_eq!(batch.rows(), 2);
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        let mut long = row(1);
        long.request_id = "é".repeat(TEXT_BYTES_MAX).into();
        long.usage = None;
        long.cost = None;
        let mut batch = RowBatch::default();
        batch.push(&long);
        let read = batch.iter().next().unwrap();
        assert_eq!(read.request_id, "é".repeat(TEXT_BYTES_MAX / 2));
        assert_eq!((read.usage, read.cost), (None, None));
    }

    #[test]
    fn what_is_as_before_is_not_written_again_and_comes_out_all_the_same() {
        let rows = [
            row(1),
            RequestRow { call_id: row(2).call_id, ..row(1) },
            RequestRow { request_id: "".into(), hedged: "".into(), cost: None, ..row(3) },
            RequestRow { status: 502, key: "key_2".into(), segments: "".into(), ..row(4) },
            RequestRow { usage: Some(Usage { output: u64::MAX, ..Usage::default() }), ..row(5) },
            RequestRow {
                first_byte_us: None,
                usage: None,
                took_us: 1 << 62,
                path: "/other".into(),
                ..row(6)
            },
            RequestRow {
                cost: row(1).cost.map(|cost| RowCost { currency: Currency::USD, ..cost }),
                ..row(7)
            },
            RequestRow { provider: "".into(), cost: None, ..row(8) },
            row(9),
        ];
        let mut batch = RowBatch::default();
        let mut written = Vec::new();
        for row in &rows {
            let before = batch.bytes();
            batch.push(row);
            written.push(batch.bytes() - before);
        }
        let [successes, failures]: [Vec<_>; 2] =
            [false, true].map(|is| rows.iter().filter(|row| row.is_failure() == is).cloned().collect());
        assert_eq!(batch.iter().collect::<Vec<_>>(), [failures, successes].concat());
        assert!(written[1] < written[0] / 2, "{written:?}");
        batch.shrink_to_failures(0);
        batch.push(&rows[8]);
        assert_eq!(batch.iter().collect::<Vec<_>>(), [rows[8].clone()], "what was dropped is not before it");
    }

    #[test]
    fn the_longest_row_comes_out_whole() {
        let text = "x".repeat(TEXT_BYTES_MAX);
        let usage = Usage {
            input: u64::MAX,
            cached_input: u64::MAX,
            cache_write: u64::MAX,
            cache_write_long: u64::MAX,
            audio_input: u64::MAX,
            image_input: u64::MAX,
            output: u64::MAX,
            reasoning: u64::MAX,
            audio_output: u64::MAX,
            image_output: u64::MAX,
            unexplained: u64::MAX,
            images: u32::MAX,
            searches: u32::MAX,
            audio_ms: u32::MAX,
            ..row(1).usage.unwrap()
        };
        let long = RequestRow {
            request_id: text.as_str().into(),
            key: text.as_str().into(),
            organisation: text.as_str().into(),
            project: text.as_str().into(),
            path: text.as_str().into(),
            dialect: text.as_str().into(),
            model: text.as_str().into(),
            provider: text.as_str().into(),
            upstream_model: text.as_str().into(),
            region: text.as_str().into(),
            kind: text.as_str().into(),
            hedged: text.as_str().into(),
            flags: text.as_str().into(),
            segments: "s".repeat(16 * 1024).into(),
            took_us: u64::MAX,
            first_byte_us: Some(u64::MAX),
            added_us: u64::MAX,
            bytes_in: u64::MAX,
            bytes_out: u64::MAX,
            usage: Some(usage),
            ..row(1)
        };
        let mut batch = RowBatch::default();
        batch.push(&long);
        batch.push(&row(2));
        let mut rows: Vec<_> = batch.iter().collect();
        rows.sort_by_key(|row| row.call_id);
        assert_eq!(rows, [long, row(2)]);
    }

    #[test]
    fn failures_outlive_successes() {
        let mut batch = RowBatch::default();
        let mut failure = row(2);
        failure.status = 502;
        for _ in 0..3 {
            batch.push(&row(1));
            batch.push(&failure);
        }
        assert_eq!((batch.shrink_to_failures(1 << 20), batch.rows()), (3, 3));
        assert!(batch.iter().all(|row| row.status == 502));
        assert_eq!((batch.shrink_to_failures(10), batch.rows(), batch.bytes()), (3, 0, 0));
    }
}
