//! Rows as they are kept: many in one value, which costs a thousandth of what a row of a table costs, with what tells
//! whether one that is looked for may be among them. All rows of a pack were received in one minute.

use domain::{CallId, Timestamp};

use super::batch::{Head, Reader, RowBatch};
use super::marks::{Of, mark, set_of};
use super::row::RequestRow;

/// Who looks for a moment opens what was received around it, and no more.
const SPAN_MS: i64 = 60_000;
/// The first byte of a pack; another way of packing would have another.
const FORM: u8 = 1;
/// What many rows have in common.
const OF_MANY: [Of; 3] = [Of::Key, Of::Organisation, Of::Project];

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

/// A pack in the making.
struct Packing<'b> {
    minute: i64,
    pack: Pack,
    marks: Vec<u64>,
    /// Key, organisation and project of the row before: most are the same again, and need no mark of their own.
    former: [&'b [u8]; 3],
}

/// The packs of a batch: of short calls nearly always one.
pub(super) fn packs(batch: &RowBatch) -> Vec<Pack> {
    let mut all: Vec<Packing<'_>> = Vec::new();
    for (head, written) in batch.heads() {
        let minute = minute_of(head.call_id.received_at());
        let place = all.iter().position(|packing| packing.minute == minute).unwrap_or_else(|| {
            all.push(Packing::begin(minute, head.call_id, batch));
            all.len() - 1
        });
        all[place].add(&head, written);
    }
    all.into_iter().map(Packing::end).collect()
}

impl<'b> Packing<'b> {
    fn begin(minute: i64, id: CallId, batch: &RowBatch) -> Self {
        let mut bytes = Vec::with_capacity(1 + batch.bytes());
        bytes.push(FORM);
        let pack = Pack { first: id, last: id, bytes, ..Pack::default() };
        Self { minute, pack, marks: Vec::new(), former: [&[]; 3] }
    }

    fn add(&mut self, head: &Head<'b>, written: &[u8]) {
        self.pack.first = self.pack.first.min(head.call_id);
        self.pack.last = self.pack.last.max(head.call_id);
        self.pack.rows += 1;
        self.pack.bytes.extend_from_slice(written);
        self.marks.push(mark(Of::RequestId, head.request_id));
        let now = [head.key, head.organisation, head.project];
        for (of, (now, former)) in OF_MANY.into_iter().zip(now.into_iter().zip(self.former)) {
            if now != former {
                self.marks.push(mark(of, now));
            }
        }
        self.former = now;
    }

    fn end(self) -> Pack {
        Pack { marks: set_of(self.marks), ..self.pack }
    }
}

/// The rows of a pack, in no order; `None` if this version cannot read it.
pub(super) fn unpacked(bytes: &[u8]) -> Option<Vec<RequestRow<'_>>> {
    let bytes = bytes.strip_prefix(&[FORM])?;
    let mut reader = Reader { bytes };
    let mut rows = Vec::new();
    while !reader.bytes.is_empty() {
        rows.push(reader.row()?);
    }
    Some(rows)
}

fn minute_of(moment: Timestamp) -> i64 {
    moment.unix_ms().div_euclid(SPAN_MS)
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
