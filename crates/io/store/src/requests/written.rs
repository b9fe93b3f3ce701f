//! One row as bytes, behind the row before it. Most texts are the same again, and are not written again; most counts are
//! nothing, and the others are small.
//!
//! A row is: its length and which texts are as before (two bytes each), its call id (16), the texts that are others, each
//! behind its length, its numbers, each behind its length, then the service tier, the currency where it is another, and the
//! segments where there are any.

use domain::{Currency, Usage};

use super::row::RequestRow;

/// Longest text that is kept of a caller's or a provider's words …
pub(super) const TEXT_BYTES_MAX: usize = 256;
/// … and of who gave which part.
const SEGMENTS_BYTES_MAX: usize = 16 * 1024;
/// Kept where that would be longer: several gave a part, and half a list is none.
const SEGMENTS_LEFT_OUT: &str = "[]";
/// Every short text; the first four are those that are looked for.
pub(super) const TEXTS: usize = 13;
/// Length, texts that are as before, and the id.
pub(super) const HEAD_BYTES: usize = 20;
/// No row's numbers take more: there are 25 of nine bytes at most, and three bytes before them.
const NUMBERS_BYTES_MAX: usize = 256;

/// What a row has; the first byte of its numbers.
pub(super) mod has {
    pub(in super::super) const STREAM: u8 = 1;
    pub(in super::super) const FIRST_BYTE: u8 = 2;
    pub(in super::super) const USAGE: u8 = 4;
    pub(in super::super) const ESTIMATE: u8 = 8;
    pub(in super::super) const TIER: u8 = 16;
    pub(in super::super) const COST: u8 = 32;
    pub(in super::super) const CURRENCY: u8 = 64;
    pub(in super::super) const SEGMENTS: u8 = 128;
}

/// The row before: where its texts stand, and the last currency there was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Former {
    texts: [(u32, u32); TEXTS],
    currency: Option<Currency>,
}

/// Adds a row behind another, whose texts are `former`.
pub(super) fn write(out: &mut Vec<u8>, former: &mut Former, row: &RequestRow<'_>) {
    let begin = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&row.call_id.0.to_le_bytes());
    let same = put_texts(out, former, row);
    let told = told(row, former);
    put_numbers(out, row, told);
    put_rest(out, row, told);
    if let Some(cost) = &row.cost {
        former.currency = Some(cost.currency);
    }
    // A row's texts are bounded, and so is this.
    let length = (out.len() - begin - HEAD_BYTES) as u16;
    out[begin..begin + 2].copy_from_slice(&length.to_le_bytes());
    out[begin + 2..begin + 4].copy_from_slice(&same.to_le_bytes());
}

/// Writes those that are others than before, and tells which are not.
fn put_texts(out: &mut Vec<u8>, former: &mut Former, row: &RequestRow<'_>) -> u16 {
    let (texts, mut same) = (texts(row), 0);
    for (place, former) in former.texts.iter_mut().enumerate() {
        let text = cut(texts[place]).as_bytes();
        let before = &out[former.0 as usize..former.1 as usize];
        if before.len() == text.len() && (text.is_empty() || before == text) {
            same |= 1 << place;
        } else {
            put_text(out, text);
            *former = ((out.len() - text.len()) as u32, out.len() as u32);
        }
    }
    same
}

fn cut(text: &str) -> &str {
    if text.len() <= TEXT_BYTES_MAX { text } else { &text[..text.floor_char_boundary(TEXT_BYTES_MAX)] }
}

/// Every short text, in their order.
fn texts<'r>(row: &'r RequestRow<'_>) -> [&'r str; TEXTS] {
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

/// Who gave which part, as far as it is kept.
fn segments<'r>(row: &'r RequestRow<'_>) -> &'r str {
    if row.segments.len() > SEGMENTS_BYTES_MAX { SEGMENTS_LEFT_OUT } else { &row.segments }
}

/// What a row has beside what all have.
fn told(row: &RequestRow<'_>, former: &Former) -> u8 {
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    let (usage, cost) = (row.usage.as_ref(), row.cost.as_ref());
    flag(row.is_streaming, has::STREAM)
        | flag(row.first_byte_us.is_some(), has::FIRST_BYTE)
        | flag(usage.is_some(), has::USAGE)
        | flag(usage.is_some_and(|usage| usage.is_estimated), has::ESTIMATE)
        | flag(usage.is_some_and(|usage| !usage.service_tier.is_usual()), has::TIER)
        | flag(cost.is_some(), has::COST)
        | flag(cost.is_some_and(|cost| former.currency != Some(cost.currency)), has::CURRENCY)
        | flag(!segments(row).is_empty(), has::SEGMENTS)
}

/// Numbers on their way: in a place of fixed size, which is cheaper to fill than a vector.
struct Numbers {
    bytes: [u8; NUMBERS_BYTES_MAX],
    length: usize,
}

impl Numbers {
    fn byte(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    /// How many bytes it has, and these: without a branch, however large it is.
    fn number(&mut self, number: u64) {
        let length = (u64::BITS + 7 - number.leading_zeros()) / 8;
        let place: &mut [u8; 9] =
            (&mut self.bytes[self.length..self.length + 9]).try_into().expect("nine bytes");
        place[0] = length as u8;
        place[1..].copy_from_slice(&number.to_le_bytes());
        self.length += 1 + length as usize;
    }
}

fn put_numbers(out: &mut Vec<u8>, row: &RequestRow<'_>, told: u8) {
    let mut numbers = Numbers { bytes: [0; NUMBERS_BYTES_MAX], length: 0 };
    numbers.byte(told);
    numbers.byte(row.attempts);
    numbers.byte(row.fallback_attempts);
    numbers.number(row.status.into());
    numbers.number(row.took_us);
    if let Some(first_byte_us) = row.first_byte_us {
        numbers.number(first_byte_us);
    }
    numbers.number(row.added_us);
    numbers.number(row.bytes_in);
    numbers.number(row.bytes_out);
    if let Some(usage) = &row.usage {
        put_counts(&mut numbers, usage);
    }
    if let Some(cost) = &row.cost {
        numbers.number(cost.list.nano() as u64);
        numbers.number(cost.price.nano() as u64);
        numbers.number(cost.version.into());
    }
    // None has the number 0.
    numbers.number(row.account.unwrap_or(0));
    out.extend_from_slice(&numbers.bytes[..numbers.length]);
}

/// Prompt and answer, then which of the others are more than nothing, and these.
fn put_counts(numbers: &mut Numbers, usage: &Usage) {
    numbers.number(usage.input);
    numbers.number(usage.output);
    let others = others(usage);
    if others.iter().fold(0, |any, count| any | count) == 0 {
        numbers.number(0);
        return;
    }
    let used = others.iter().enumerate().filter(|(_, count)| **count > 0);
    numbers.number(used.fold(0, |used, (place, _)| used | 1 << place));
    others.into_iter().filter(|count| *count > 0).for_each(|count| numbers.number(count));
}

/// What else is counted.
const fn others(usage: &Usage) -> [u64; 12] {
    [
        usage.cached_input,
        usage.reasoning,
        usage.cache_write,
        usage.cache_write_long,
        usage.audio_input,
        usage.image_input,
        usage.audio_output,
        usage.image_output,
        usage.unexplained,
        usage.images as u64,
        usage.searches as u64,
        usage.audio_ms as u64,
    ]
}

/// What few rows have.
fn put_rest(out: &mut Vec<u8>, row: &RequestRow<'_>, told: u8) {
    if let Some(usage) = row.usage.as_ref().filter(|_| told & has::TIER > 0) {
        put_text(out, usage.service_tier.name().as_bytes());
    }
    if let Some(cost) = row.cost.as_ref().filter(|_| told & has::CURRENCY > 0) {
        put_text(out, cost.currency.code().as_bytes());
    }
    if told & has::SEGMENTS > 0 {
        put_text(out, segments(row).as_bytes());
    }
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&(text.len() as u16).to_le_bytes());
    out.extend_from_slice(text);
}
