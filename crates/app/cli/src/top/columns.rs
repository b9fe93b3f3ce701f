//! Rows under headings: words stand to the left, numbers to the right. Where there is no room for all columns, those that are
//! missed least are left out.

use super::words::Mood;

/// A heading, and how what is below it stands.
pub(super) struct Column {
    heading: &'static str,
    is_right: bool,
    /// When it is left out: those with the lowest number first, those without one never.
    left_out: Option<u8>,
}

const GAP: &str = "  ";

impl Column {
    pub(super) const fn left(heading: &'static str) -> Self {
        Self { heading, is_right: false, left_out: None }
    }

    pub(super) const fn right(heading: &'static str) -> Self {
        Self { heading, is_right: true, left_out: None }
    }

    /// The same, to be left out in this turn.
    pub(super) const fn out(self, turn: u8) -> Self {
        Self { left_out: Some(turn), ..self }
    }

    fn padded(&self, cell: &str, width: usize) -> String {
        if self.is_right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
    }
}

/// A line of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// `None` for what is about nobody.
    pub(super) mood: Option<Mood>,
    pub(super) text: String,
}

impl Line {
    pub(super) const fn plain(text: String) -> Self {
        Self { mood: None, text }
    }

    pub(super) const fn of(mood: Mood, text: String) -> Self {
        Self { mood: Some(mood), text }
    }
}

/// The headings, then each row, in so many characters if that is possible.
pub(super) fn table<const N: usize>(
    columns: &[Column; N],
    rows: &[(Mood, [String; N])],
    room: usize,
) -> Vec<Line> {
    let widths: [usize; N] = std::array::from_fn(|at| {
        let cells = rows.iter().map(|(_, cells)| cells[at].chars().count());
        cells.chain([columns[at].heading.len()]).max().unwrap_or_default()
    });
    let kept = kept(columns, &widths, room);
    let text = |cells: [&str; N]| {
        let padded = kept.iter().map(|at| columns[*at].padded(cells[*at], widths[*at]));
        padded.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    };
    let headings = Line::plain(text(std::array::from_fn(|at| columns[at].heading)));
    let body =
        rows.iter().map(|(mood, cells)| Line::of(*mood, text(std::array::from_fn(|at| cells[at].as_str()))));
    std::iter::once(headings).chain(body).collect()
}

/// The places of the columns for which there is room.
fn kept<const N: usize>(columns: &[Column; N], widths: &[usize; N], room: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..N).collect();
    let is_wide = |kept: &[usize]| {
        kept.iter().map(|at| widths[*at] + GAP.len()).sum::<usize>() > room.saturating_add(GAP.len())
    };
    while is_wide(&kept) {
        let first = kept.iter().filter_map(|at| Some((columns[*at].left_out?, *at))).min();
        let Some((_, first)) = first else { break };
        kept.retain(|at| *at != first);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{Column, table};
    use crate::top::words::Mood;

    #[test]
    fn what_is_missed_least_is_left_out_first() {
        const COLUMNS: [Column; 4] =
            [Column::left("NAME"), Column::right("A").out(2), Column::right("B").out(1), Column::left("WHY")];
        let row = ["openai", "1", "22", "it is busy"].map(str::to_owned);
        let texts = |room| {
            let lines = table(&COLUMNS, &[(Mood::Well, row.clone())], room);
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        assert_eq!(texts(usize::MAX), ["NAME    A   B  WHY", "openai  1  22  it is busy"]);
        assert_eq!(texts(25), texts(usize::MAX));
        assert_eq!(texts(24), ["NAME    A  WHY", "openai  1  it is busy"]);
        assert_eq!(texts(3), ["NAME    WHY", "openai  it is busy"]);
    }
}
