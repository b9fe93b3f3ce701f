//! A report made of parts: cells that are wanted, added up by what they are parted by. Nothing is kept of others.

use std::borrow::Cow;
use std::collections::HashMap;

use super::cell::{Text, smallest_of};
use super::figures::{Count, Figures};
use super::part::{Part, Place};
use super::query::{Dimension, REPORT_DIMENSIONS_MAX, ReportError, ReportQuery};

/// Rows of one report.
pub const REPORT_ROWS_MAX: usize = 20_000;

/// What a row is of: the window, names by their numbers, and the currency.
type Group = (u32, [u32; REPORT_DIMENSIONS_MAX], u32);

/// One row.
#[derive(Clone, Debug)]
pub struct ReportRow {
    /// The place of its window.
    pub window: usize,
    /// What its calls have in common, in the order of what was asked for; empty for none.
    pub names: Vec<String>,
    /// The currency of its amounts; empty where nothing is known to have cost anything.
    pub currency: String,
    /// What they came to.
    pub figures: Figures,
}

/// What rows say that accounts paid: of a window, an account and a currency.
pub(super) type Booked = HashMap<(u32, u64, String), (u64, i128)>;

/// Sums that grow part by part.
pub(super) struct Gathering<'q> {
    query: &'q ReportQuery,
    names: Vec<String>,
    places: HashMap<String, u32>,
    groups: HashMap<Group, Figures>,
    pub(super) booked: Booked,
    is_all_seen: bool,
}

/// A question to a text of a part, which many cells share: its answer once it is known.
type Known<T> = Vec<Option<T>>;

/// What is known of the texts of the part that is read.
struct Looked {
    /// For each text that decides: whether it is as wished.
    wishes: Vec<(Text, Known<bool>)>,
    /// For each dimension with a text: the number of its name.
    names: Vec<Known<u32>>,
    currencies: Known<u32>,
}

impl<'q> Gathering<'q> {
    pub(super) fn of(query: &'q ReportQuery) -> Self {
        Self {
            query,
            names: Vec::new(),
            places: HashMap::new(),
            groups: HashMap::new(),
            booked: HashMap::new(),
            is_all_seen: query.equal.is_empty() && query.keys.is_none() && query.organisations.is_none(),
        }
    }

    /// Adds a part of a minute and those behind it; nothing where no window has that minute.
    pub(super) fn add(&mut self, minute: i64, bytes: &[u8]) -> Option<Result<(), ReportError>> {
        let windows = &self.query.windows;
        let window = windows.partition_point(|window| window.end <= minute);
        if !windows.get(window).is_some_and(|window| window.contains(&minute)) {
            return Some(Ok(()));
        }
        let mut part = Part::of(bytes)?;
        let mut looked = self.looked(part.texts.len());
        // What nobody wants.
        let mut passed = Figures::default();
        while let Some(place) = part.next()? {
            let is_booked = self.query.is_reconciled && place.account > 0;
            if self.wants(&part, &place, &mut looked) {
                let group = self.group(window as u32, &part, &place, &mut looked);
                let figures = self.groups.entry(group).or_default();
                let before = (figures.count(Count::Charged), figures.charged);
                part.add_to(figures)?;
                let charged =
                    (figures.count(Count::Charged) - before.0, figures.charged.wrapping_sub(before.1));
                if is_booked {
                    self.book(window as u32, &part, &place, charged);
                }
                if self.groups.len() > REPORT_ROWS_MAX {
                    return Some(Err(ReportError::TooManyRows { most: REPORT_ROWS_MAX }));
                }
            } else if is_booked {
                let mut figures = Figures::default();
                part.add_to(&mut figures)?;
                self.book(window as u32, &part, &place, (figures.count(Count::Charged), figures.charged));
            } else {
                part.add_to(&mut passed)?;
            }
        }
        Some(Ok(()))
    }

    /// The rows, in the order of their windows and then of their names.
    pub(super) fn rows(self) -> (Vec<ReportRow>, Booked) {
        let Self { query, names, groups, booked, .. } = self;
        let name = |place: u32| names[place as usize].clone();
        let row = |((window, places, currency), figures): (Group, Figures)| ReportRow {
            window: window as usize,
            names: places[..query.by.len()].iter().map(|place| name(*place)).collect(),
            currency: name(currency),
            figures,
        };
        let mut rows: Vec<ReportRow> = groups.into_iter().map(row).collect();
        rows.sort_by(|left, right| {
            (left.window, &left.names, &left.currency).cmp(&(right.window, &right.names, &right.currency))
        });
        (rows, booked)
    }

    fn looked(&self, texts: usize) -> Looked {
        let ReportQuery { equal, keys, organisations, by, .. } = self.query;
        let wished = equal.iter().filter_map(|(dimension, _)| dimension.text());
        let wished = wished
            .chain(keys.iter().map(|_| Text::Key))
            .chain(organisations.iter().map(|_| Text::Organisation));
        Looked {
            wishes: wished.map(|text| (text, vec![None; texts])).collect(),
            names: by
                .iter()
                .map(|dimension| dimension.text().map_or(Vec::new(), |_| vec![None; texts]))
                .collect(),
            currencies: vec![None; texts],
        }
    }

    fn wants(&self, part: &Part<'_>, place: &Place, looked: &mut Looked) -> bool {
        let (first, behind) = self.query.status.map_or((0, i64::MAX), |status| status.range());
        if !(first..behind).contains(&place.status.into()) {
            return false;
        }
        self.is_all_seen
            || looked.wishes.iter_mut().all(|(text, known)| {
                let number = place.texts[*text as usize] as usize;
                *known[number].get_or_insert_with(|| self.is_as_wished(*text, part.texts[number]))
            })
    }

    fn is_as_wished(&self, text: Text, found: &str) -> bool {
        let ReportQuery { equal, keys, organisations, .. } = self.query;
        let mut equal = equal.iter().filter(|(dimension, _)| dimension.text() == Some(text));
        equal.all(|(_, wished)| wished == found)
            && (text != Text::Key || keys.as_ref().is_none_or(|keys| keys.contains(found)))
            && (text != Text::Organisation
                || organisations.as_ref().is_none_or(|ids| ids.iter().any(|id| id.as_str() == found)))
    }

    fn group(&mut self, window: u32, part: &Part<'_>, place: &Place, looked: &mut Looked) -> Group {
        let mut names = [0; REPORT_DIMENSIONS_MAX];
        let query = self.query;
        for (at, dimension) in query.by.iter().enumerate() {
            names[at] = match dimension.text() {
                Some(text) => {
                    let number = place.texts[text as usize] as usize;
                    let known = looked.names[at][number];
                    known.unwrap_or_else(|| {
                        let name = named(query, *dimension, part.texts[number]);
                        *looked.names[at][number].insert(self.number(&name))
                    })
                }
                None if *dimension == Dimension::Prompt => self.number(&smallest_of(place.size).to_string()),
                None => self.number(&place.status.to_string()),
            };
        }
        let number = place.texts[Text::Currency as usize] as usize;
        let currency = looked.currencies[number];
        let currency =
            currency.unwrap_or_else(|| *looked.currencies[number].insert(self.number(part.texts[number])));
        (window, names, currency)
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }

    /// Notes what an account paid, for the ledger.
    fn book(&mut self, window: u32, part: &Part<'_>, place: &Place, (calls, charged): (u64, i128)) {
        if calls == 0 {
            return;
        }
        let currency = part.texts[place.texts[Text::Currency as usize] as usize];
        let sum = self.booked.entry((window, place.account, currency.to_owned())).or_default();
        sum.0 += calls;
        sum.1 += charged;
    }
}

fn named<'n>(query: &'n ReportQuery, dimension: Dimension, found: &'n str) -> Cow<'n, str> {
    match dimension {
        Dimension::Tag => query.tags.get(found).map_or(Cow::Borrowed(""), |value| Cow::Borrowed(value)),
        _ => Cow::Borrowed(found),
    }
}
