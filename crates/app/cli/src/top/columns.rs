//! Rows under headings: words stand to the left, numbers to the right.

use super::words::Mood;

/// A heading, and how what is below it stands.
pub(super) struct Column {
    heading: &'static str,
    is_right: bool,
}

impl Column {
    pub(super) const fn left(heading: &'static str) -> Self {
        Self { heading, is_right: false }
    }

    pub(super) const fn right(heading: &'static str) -> Self {
        Self { heading, is_right: true }
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

/// The headings, then each row.
pub(super) fn table<const N: usize>(columns: &[Column; N], rows: &[(Mood, [String; N])]) -> Vec<Line> {
    let widths: [usize; N] = std::array::from_fn(|at| {
        let cells = rows.iter().map(|(_, cells)| cells[at].chars().count());
        cells.chain([columns[at].heading.len()]).max().unwrap_or_default()
    });
    let text = |cells: [&str; N]| {
        let padded = cells.iter().enumerate().map(|(at, cell)| columns[at].padded(cell, widths[at]));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let headings = Line::plain(text(std::array::from_fn(|at| columns[at].heading)));
    let body =
        rows.iter().map(|(mood, cells)| Line::of(*mood, text(std::array::from_fn(|at| cells[at].as_str()))));
    std::iter::once(headings).chain(body).collect()
}
