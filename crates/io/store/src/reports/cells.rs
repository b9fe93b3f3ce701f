//! Cells of one stretch of time, and how they are kept: as a part, with each text once.

use std::collections::{BTreeMap, HashMap};

use super::bytes::put;
use super::cell::{CellKey, TEXTS};
use super::figures::Figures;
use super::part::{FORM, Part};
use crate::requests::RowBatch;

const MINUTE_MS: i64 = 60_000;
/// Cells that one minute of a batch has, besides those whose models have no names any more.
pub(super) const BATCH_CELLS_MAX: usize = 4_096;
/// The same of a part that others were made one of.
pub(super) const PART_CELLS_MAX: usize = 250_000;

/// Cells by what their calls have in common.
#[derive(Debug, Default)]
pub(super) struct Cells<'a>(HashMap<CellKey<'a>, Figures>);

/// Rows of one cell that follow one another.
type Run<'a> = (i64, CellKey<'a>, Figures);

/// What rows come to, by the minute since 1970 in which their calls were received.
pub(crate) fn by_minute<'b>(batch: &'b RowBatch) -> BTreeMap<i64, Vec<u8>> {
    let mut minutes: BTreeMap<i64, Cells<'b>> = BTreeMap::new();
    let mut add = |(minute, key, figures): Run<'b>| {
        minutes.entry(minute).or_default().figures(key, BATCH_CELLS_MAX).add_all(&figures);
    };
    // Calls that follow one another are mostly alike.
    let mut run: Option<Run<'b>> = None;
    for mut row in batch.iter() {
        let minute = row.call_id.received_at().unix_ms().div_euclid(MINUTE_MS);
        let key = CellKey::of(&mut row);
        match &mut run {
            Some((of, same, figures)) if *of == minute && *same == key => figures.add_row(&row),
            _ => {
                let mut figures = Figures::default();
                figures.add_row(&row);
                if let Some(former) = run.replace((minute, key, figures)) {
                    add(former);
                }
            }
        }
    }
    if let Some(last) = run {
        add(last);
    }
    minutes.into_iter().map(|(minute, cells)| (minute, cells.written())).collect()
}

impl<'a> Cells<'a> {
    /// Those of a cell; where there are so many already, those of what it has in common with others but for their models.
    fn figures(&mut self, key: CellKey<'a>, cells_max: usize) -> &mut Figures {
        let is_full = self.0.len() >= cells_max && !self.0.contains_key(&key);
        self.0.entry(if is_full { key.without_models() } else { key }).or_default()
    }

    /// All cells of a part too; `None` if it is damaged.
    pub(super) fn add_part(&mut self, bytes: &'a [u8]) -> Option<()> {
        let mut part = Part::of(bytes)?;
        while let Some(place) = part.next()? {
            let key = part.key(&place);
            part.add_to(self.figures(key, PART_CELLS_MAX))?;
        }
        Some(())
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// As a part. The same cells are always the same bytes.
    pub(super) fn written(&self) -> Vec<u8> {
        written(&self.sorted())
    }

    fn sorted(&self) -> Vec<Cell<'_>> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_unstable_by(|left, right| left.0.cmp(right.0));
        sorted
    }
}

/// A part as several with so many bytes each at most, or nearly; one that is small or damaged as it is.
pub(crate) fn pieces(packed: Vec<u8>, bytes_max: usize) -> Vec<Vec<u8>> {
    if packed.len() <= bytes_max {
        return vec![packed];
    }
    parted(&packed, bytes_max).unwrap_or_else(|| vec![packed])
}

fn parted(packed: &[u8], bytes_max: usize) -> Option<Vec<Vec<u8>>> {
    let mut cells = Cells::default();
    cells.add_part(packed)?;
    // Cells are not all of one length.
    let count = (2 * packed.len()).div_ceil(bytes_max);
    let sorted = cells.sorted();
    Some(sorted.chunks(sorted.len().div_ceil(count).max(1)).map(written).collect())
}

/// One of the cells of a part.
type Cell<'c> = (&'c CellKey<'c>, &'c Figures);

/// Cells in their order as a part, with each text once.
fn written(cells: &[Cell<'_>]) -> Vec<u8> {
    let (mut places, mut texts): (HashMap<&str, u64>, Vec<&str>) = (HashMap::new(), Vec::new());
    let mut bytes = Vec::with_capacity(cells.len() * 64);
    for (key, figures) in cells {
        for text in &key.texts {
            let place = *places.entry(text).or_insert_with(|| {
                texts.push(text);
                texts.len() as u64 - 1
            });
            put(&mut bytes, place);
        }
        put(&mut bytes, key.account);
        put(&mut bytes, key.status.into());
        put(&mut bytes, key.size.into());
        figures.write(&mut bytes);
    }
    let mut out = vec![FORM, TEXTS as u8];
    put(&mut out, texts.len() as u64);
    for text in texts {
        put(&mut out, text.len() as u64);
        out.extend_from_slice(text.as_bytes());
    }
    out.append(&mut bytes);
    out
}

#[cfg(test)]
mod tests {
    use domain::CallId;

    use super::super::figures::{Count, Figures};
    use super::{BATCH_CELLS_MAX, Cells, MINUTE_MS, by_minute, pieces};
    use crate::requests::suite::row;
    use crate::requests::{RequestRow, RowBatch};

    fn later(seed: u64, minutes: i64) -> RequestRow<'static> {
        let ms = (minutes * MINUTE_MS) as u128;
        RequestRow { call_id: CallId(row(seed).call_id.0 + (ms << 80)), ..row(seed) }
    }

    /// What a batch of so many rows comes to: cells, and calls in them.
    fn counted(rows: u64, of: impl Fn(u64) -> RequestRow<'static>) -> (usize, u64) {
        let mut batch = RowBatch::default();
        (0..rows).for_each(|number| batch.push(&of(number)));
        let minutes = by_minute(&batch);
        let mut all = Cells::default();
        minutes.values().for_each(|part| all.add_part(part).unwrap());
        (all.len(), all.0.values().map(|figures| figures.count(Count::Calls)).sum())
    }

    #[test]
    fn names_that_callers_make_up_are_one_cell() {
        let made_up = |number: u64| RequestRow {
            model: format!("made-up-{number}").into(),
            provider: "".into(),
            upstream_model: "".into(),
            region: "".into(),
            kind: "model_not_found".into(),
            status: 404,
            ..row(1)
        };
        assert_eq!(counted(50_000, made_up), (1, 50_000));
    }

    #[test]
    fn more_models_than_there_is_room_for_are_others() {
        let named = |number: u64| RequestRow { model: format!("m{number}").into(), ..row(1) };
        let rows = BATCH_CELLS_MAX as u64 + 500;
        assert_eq!(counted(rows, named), (BATCH_CELLS_MAX + 1, rows));
    }

    #[test]
    fn rows_become_cells_of_their_minutes_that_read_back() {
        let mut batch = RowBatch::default();
        let rows = [row(1), later(2, 1), RequestRow { model: "other".into(), ..row(3) }, row(4), later(5, 1)];
        rows.iter().for_each(|row| batch.push(row));
        let minutes = by_minute(&batch);
        assert_eq!(minutes.len(), 2);
        let mut all = Cells::default();
        minutes.values().for_each(|part| all.add_part(part).unwrap());
        assert_eq!(all.len(), 2);
        let mut sum = Figures::default();
        all.0.values().for_each(|figures| sum.add_all(figures));
        let mut expected = Figures::default();
        rows.iter().for_each(|row| expected.add_row(row));
        assert_eq!(sum, expected);
        assert_eq!(sum.count(Count::Calls), 5);
        let written = all.written();
        let mut again = Cells::default();
        again.add_part(&written).unwrap();
        assert_eq!(again.written(), written);
        for cut in 0..written.len() - 1 {
            let mut broken = Cells::default();
            let is_whole = broken.add_part(&written[..cut]).is_some();
            assert!(!is_whole || broken.len() < 2, "cut at {cut}");
        }
    }

    #[test]
    fn a_long_part_is_as_many_short_ones_with_the_same_cells() {
        let mut batch = RowBatch::default();
        (0..3000).for_each(|seed| {
            batch.push(&RequestRow { model: format!("m{}", seed % 1000).into(), ..row(seed) });
        });
        let (_, part) = by_minute(&batch).pop_first().unwrap();
        assert_eq!(pieces(part.clone(), part.len()), [part.clone()].to_vec());
        let short = pieces(part.clone(), 10_000);
        assert!(short.len() > part.len() / 10_000 && short.iter().all(|piece| piece.len() <= 10_000));
        let mut again = Cells::default();
        short.iter().for_each(|piece| again.add_part(piece).unwrap());
        assert_eq!(again.written(), part);
        let damaged = part[..part.len() - 1].to_vec();
        assert_eq!(pieces(damaged.clone(), 10), [damaged].to_vec());
    }
}
