//! Rows as they are kept: many in one value, which costs a thousandth of what a row of a table costs, with what tells
//! whether one that is looked for may be among them. All rows of a pack were received in one minute.

use domain::CallId;

use super::batch::RowBatch;
use super::marks::{Of, mark, set_of};
use super::reader::Reader;
use super::row::RequestRow;

/// Who looks for a moment opens what was received around it, and no more.
const SPAN_MS: i64 = 60_000;
/// The first byte of a pack; another way of packing would have another.
const FORM: u8 = 3;
/// The same without who paid.
const FORM_WITHOUT_ACCOUNTS: u8 = 2;
/// The form, and how long the rows of failures are, which stand before the others.
const HEAD_BYTES: usize = 5;
/// What is marked, as it stands in a row.
const MARKED: [Of; 4] = [Of::RequestId, Of::Key, Of::Organisation, Of::Project];

/// Rows of one minute.
#[derive(Debug, Default)]
pub(super) struct Pack {
    pub(super) first: CallId,
    pub(super) last: CallId,
    pub(super) rows: i64,
    /// Of their request ids, keys, organisations and projects.
    pub(super) marks: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

/// The packs of a batch: of short calls nearly always one.
pub(super) fn packs(batch: &RowBatch) -> Vec<Pack> {
    if batch.rows() == 0 {
        return Vec::new();
    }
    let pack = Pack::of(batch);
    if minute_of(pack.first) == minute_of(pack.last) {
        return vec![pack];
    }
    let mut minutes: Vec<(i64, RowBatch)> = Vec::new();
    for row in batch.iter() {
        let minute = minute_of(row.call_id);
        let place = minutes.iter().position(|(known, _)| *known == minute).unwrap_or_else(|| {
            minutes.push((minute, RowBatch::default()));
            minutes.len() - 1
        });
        minutes[place].1.push(&row);
    }
    minutes.iter().map(|(_, batch)| Pack::of(batch)).collect()
}

impl Pack {
    /// All of a batch. What is the same as in the row before has its mark from there; a caller without an id of his own is found
    /// by ours, which needs none.
    fn of(batch: &RowBatch) -> Self {
        let (mut first, mut last, mut marks) = (CallId(u128::MAX), CallId(0), Vec::new());
        for head in batch.heads() {
            first = first.min(head.call_id);
            last = last.max(head.call_id);
            for (of, text) in MARKED.into_iter().zip(head.texts) {
                marks.extend(text.filter(|text| !text.is_empty()).map(|text| mark(of, text)));
            }
        }
        let [failures, successes] = batch.written();
        let mut bytes = Vec::with_capacity(HEAD_BYTES + batch.bytes());
        bytes.push(FORM);
        bytes.extend_from_slice(&(failures.len() as u32).to_le_bytes());
        bytes.extend_from_slice(failures);
        bytes.extend_from_slice(successes);
        Self { first, last, rows: batch.rows() as i64, marks: set_of(marks), bytes }
    }
}

/// The rows of a pack, in no order; `None` if this version cannot read it.
pub(super) fn unpacked(bytes: &[u8]) -> Option<Vec<RequestRow<'_>>> {
    let (form, bytes) = bytes.split_first()?;
    let reader: fn(_) -> _ = match *form {
        FORM => Reader::of,
        FORM_WITHOUT_ACCOUNTS => Reader::of_older,
        _ => return None,
    };
    let (length, bytes) = bytes.split_first_chunk()?;
    let (failures, successes) = bytes.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let mut rows = Vec::new();
    for bytes in [failures, successes] {
        let mut reader = reader(bytes);
        while !reader.is_at_end() {
            rows.push(reader.row()?);
        }
    }
    Some(rows)
}

const fn minute_of(id: CallId) -> i64 {
    id.received_at().unix_ms().div_euclid(SPAN_MS)
}

#[cfg(test)]
mod tests {
    use domain::CallId;

    use super::super::batch::RowBatch;
    use super::super::marks::{Of, mark, may_have};
    use super::super::row::RequestRow;
    use super::super::suite::row;
    use super::{SPAN_MS, packs, unpacked};

    #[test]
    fn rows_of_a_minute_are_one_pack_that_tells_what_may_be_in_it() {
        let failure = RequestRow { status: 502, key: "key_2".into(), ..row(1) };
        let mut batch = RowBatch::default();
        [row(3), failure.clone(), row(2)].iter().for_each(|row| batch.push(row));
        let [pack] = packs(&batch).try_into().unwrap();
        assert_eq!((pack.first, pack.last, pack.rows), (row(1).call_id, row(3).call_id, 3));
        assert_eq!(unpacked(&pack.bytes).unwrap(), [failure, row(3), row(2)]);
        assert!(may_have(&pack.marks, mark(Of::Key, b"key_2")));
        assert!(!may_have(&pack.marks, mark(Of::Key, b"key_3")));
        for cut in 1..pack.bytes.len() - 1 {
            assert_ne!(unpacked(&pack.bytes[..cut]).map_or(0, |rows| rows.len()), 3, "cut at {cut}");
        }
        assert!(unpacked(&[]).is_none() && unpacked(&[9]).is_none());
    }

    #[test]
    fn rows_of_several_minutes_are_parted() {
        let later = RequestRow { call_id: CallId(row(2).call_id.0 + ((SPAN_MS as u128) << 80)), ..row(2) };
        let mut batch = RowBatch::default();
        [row(1), later.clone(), row(3)].iter().for_each(|row| batch.push(row));
        let [first, second] = packs(&batch).try_into().unwrap();
        assert_eq!(unpacked(&first.bytes).unwrap(), [row(1), row(3)]);
        assert_eq!(unpacked(&second.bytes).unwrap(), [later]);
        assert!(packs(&RowBatch::default()).is_empty());
    }
}
