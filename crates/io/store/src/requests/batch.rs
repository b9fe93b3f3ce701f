//! Rows that travel together, as bytes in two buffers: one for failures, which outlive the others when there is no room.

use std::borrow::Cow;

use domain::{CallId, Currency, Money, Usage};

use super::row::{RequestRow, RowCost, tier};

/// Longest text that is kept of a caller's or a provider's words …
const TEXT_BYTES_MAX: usize = 256;
/// … and of who gave which part.
const SEGMENTS_BYTES_MAX: usize = 16 * 1024;

/// Rows on their way to a database.
#[derive(Debug, Default)]
pub struct RowBatch {
    successes: Vec<u8>,
    failures: Vec<u8>,
    success_rows: u64,
    failure_rows: u64,
}

impl RowBatch {
    /// An empty one with room for as much as another held.
    pub fn like(other: &Self, bytes_max: usize) -> Self {
        let room = |bytes: &Vec<u8>| Vec::with_capacity(bytes.len().min(bytes_max));
        Self { successes: room(&other.successes), failures: room(&other.failures), ..Self::default() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: &RequestRow<'_>) {
        let is_failure = row.is_failure();
        let out = if is_failure { &mut self.failures } else { &mut self.successes };
        write(out, row);
        if is_failure {
            self.failure_rows += 1;
        } else {
            self.success_rows += 1;
        }
    }

    /// How many there are.
    pub const fn rows(&self) -> u64 {
        self.success_rows + self.failure_rows
    }

    /// How much memory they take.
    pub const fn bytes(&self) -> usize {
        self.successes.len() + self.failures.len()
    }

    /// Drops all successes, and all failures too if they are more than so many bytes. Gives how many rows went.
    pub fn shrink_to_failures(&mut self, bytes_max: usize) -> u64 {
        let mut dropped = std::mem::take(&mut self.success_rows);
        self.successes.clear();
        if self.failures.len() > bytes_max {
            dropped += std::mem::take(&mut self.failure_rows);
            self.failures.clear();
        }
        dropped
    }

    /// The rows as they were written, failures first.
    pub(super) fn written(&self) -> [&[u8]; 2] {
        [&self.failures, &self.successes]
    }

    /// Of each row what is looked for most, and the row as it was written; failures first.
    pub(super) fn heads(&self) -> impl Iterator<Item = (Head<'_>, &[u8])> {
        self.written().into_iter().flat_map(|bytes| {
            let mut reader = Reader { bytes };
            std::iter::from_fn(move || reader.head())
        })
    }

    /// The rows, failures first.
    pub fn iter(&self) -> impl Iterator<Item = RequestRow<'_>> {
        let rows = |bytes| {
            let mut reader = Reader { bytes };
            std::iter::from_fn(move || if reader.bytes.is_empty() { None } else { reader.row() })
        };
        rows(self.failures.as_slice()).chain(rows(self.successes.as_slice()))
    }
}

/// Adds a row to others, behind its length.
pub(super) fn write(out: &mut Vec<u8>, row: &RequestRow<'_>) {
    let begin = out.len();
    out.extend_from_slice(&[0; 4]);
    put_row(out, row);
    let length = (out.len() - begin - 4) as u32;
    out[begin..begin + 4].copy_from_slice(&length.to_le_bytes());
}

fn put_row(out: &mut Vec<u8>, row: &RequestRow<'_>) {
    out.extend_from_slice(&row.call_id.0.to_le_bytes());
    for text in texts(row) {
        put_text(out, text, TEXT_BYTES_MAX);
    }
    // Half a list is none.
    put_text(out, if row.segments.len() > SEGMENTS_BYTES_MAX { "" } else { &row.segments }, usize::MAX);
    let small = [
        u8::from(row.is_streaming),
        row.attempts,
        row.fallback_attempts,
        u8::from(row.first_byte_us.is_some()),
        u8::from(row.usage.is_some()),
        u8::from(row.cost.is_some()),
    ];
    out.extend_from_slice(&small);
    out.extend_from_slice(&row.status.to_le_bytes());
    for number in [row.took_us, row.first_byte_us.unwrap_or(0), row.added_us, row.bytes_in, row.bytes_out] {
        put_number(out, number);
    }
    if let Some(usage) = &row.usage {
        for (_, count) in usage.parts().into_iter().chain(usage.units()) {
            put_number(out, count);
        }
        put_number(out, usage.unexplained);
        out.push(u8::from(usage.is_estimated));
        put_text(out, if usage.service_tier.is_usual() { "" } else { usage.service_tier.name() }, usize::MAX);
    }
    if let Some(cost) = &row.cost {
        out.extend_from_slice(&cost.list.nano().to_le_bytes());
        out.extend_from_slice(&cost.price.nano().to_le_bytes());
        out.extend_from_slice(&cost.version.to_le_bytes());
        put_text(out, cost.currency.code(), usize::MAX);
    }
}

/// Every short text, in their order.
fn texts<'r>(row: &'r RequestRow<'_>) -> [&'r str; 13] {
    [
        &row.request_id,
        &row.key,
        &row.organisation,
        &row.project,
        &row.path,
        &row.dialect,
        &row.model,
        &row.provider,
        &row.upstream_model,
        &row.region,
        &row.kind,
        &row.hedged,
        &row.flags,
    ]
}

fn put_text(out: &mut Vec<u8>, text: &str, bytes_max: usize) {
    let text = &text[..text.floor_char_boundary(bytes_max)];
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Seven bits at a time: most counts are small, and nearly all are nothing.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// What is looked for in rows most: the id, and the first of the texts.
pub(super) struct Head<'a> {
    pub(super) call_id: CallId,
    pub(super) request_id: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) organisation: &'a [u8],
    pub(super) project: &'a [u8],
}

/// What is left to read, as `write` has written it.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// What stands behind its length: a row, or a text in it.
    fn behind_length(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let (row, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(row)
    }

    /// The next row; `None` if it is none.
    pub(super) fn row(&mut self) -> Option<RequestRow<'a>> {
        Reader { bytes: self.behind_length()? }.fields()
    }

    /// Of the next row what is looked for most, and the row as it was written.
    pub(super) fn head(&mut self) -> Option<(Head<'a>, &'a [u8])> {
        let before = self.bytes;
        let mut row = Reader { bytes: self.behind_length()? };
        let written = &before[..before.len() - self.bytes.len()];
        let call_id = CallId(u128::from_le_bytes(row.array()?));
        let [request_id, key] = [row.behind_length()?, row.behind_length()?];
        let [organisation, project] = [row.behind_length()?, row.behind_length()?];
        Some((Head { call_id, request_id, key, organisation, project }, written))
    }

    fn fields(&mut self) -> Option<RequestRow<'a>> {
        let call_id = CallId(u128::from_le_bytes(self.array()?));
        let mut text = || self.text().map(Cow::Borrowed);
        let [request_id, key, organisation, project, path, dialect, model] =
            [text()?, text()?, text()?, text()?, text()?, text()?, text()?];
        let [provider, upstream_model, region, kind, hedged, flags, segments] =
            [text()?, text()?, text()?, text()?, text()?, text()?, text()?];
        let [is_streaming, attempts, fallback_attempts, has_first_byte, has_usage, has_cost] =
            self.array()?;
        let status = u16::from_le_bytes(self.array()?);
        let (took_us, first_byte_us, added_us) = (self.number()?, self.number()?, self.number()?);
        let (bytes_in, bytes_out) = (self.number()?, self.number()?);
        Some(RequestRow {
            call_id,
            request_id,
            key,
            organisation,
            project,
            path,
            dialect,
            model,
            provider,
            upstream_model,
            region,
            kind,
            hedged,
            flags,
            segments,
            status,
            took_us,
            first_byte_us: (has_first_byte == 1).then_some(first_byte_us),
            added_us,
            attempts,
            fallback_attempts,
            is_streaming: is_streaming == 1,
            bytes_in,
            bytes_out,
            usage: if has_usage == 1 { Some(self.usage()?) } else { None },
            cost: if has_cost == 1 { Some(self.cost()?) } else { None },
        })
    }

    fn usage(&mut self) -> Option<Usage> {
        let mut usage = Usage::default();
        for part in [
            &mut usage.input,
            &mut usage.cached_input,
            &mut usage.cache_write,
            &mut usage.cache_write_long,
            &mut usage.audio_input,
            &mut usage.image_input,
            &mut usage.output,
            &mut usage.reasoning,
            &mut usage.audio_output,
            &mut usage.image_output,
        ] {
            *part = self.number()?;
        }
        for unit in [&mut usage.images, &mut usage.searches, &mut usage.audio_ms] {
            *unit = u32::try_from(self.number()?).ok()?;
        }
        usage.unexplained = self.number()?;
        let [is_estimated] = self.array()?;
        usage.is_estimated = is_estimated == 1;
        usage.service_tier = tier(self.text()?);
        Some(usage)
    }

    fn cost(&mut self) -> Option<RowCost> {
        let (list, price) = (i64::from_le_bytes(self.array()?), i64::from_le_bytes(self.array()?));
        let version = u32::from_le_bytes(self.array()?);
        let (list, price) = (Money::from_nano(list), Money::from_nano(price));
        Some(RowCost { list, price, currency: Currency::parse(self.text()?)?, version })
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*array)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.behind_length()?).ok()
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::suite::row;
    use super::{RowBatch, TEXT_BYTES_MAX};

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
