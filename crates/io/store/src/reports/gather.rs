//! A report made of parts: cells that are wanted, added up by what they are parted by. Nothing is kept of others.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::cell::{Text, smallest_of};
use super::figures::{Count, Figures};
use super::part::{Part, Place};
use super::query::{Dimension, REPORT_DIMENSIONS_MAX, ReportError, ReportQuery};
use super::slots::Slots;

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
#[derive(Debug)]
pub(super) struct Gathering {
    query: Arc<ReportQuery>,
    names: Vec<String>,
    places: HashMap<String, u32>,
    groups: Slots<Group, Figures>,
    booked: Slots<(u32, u64, u32), (u64, i128)>,
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

impl Gathering {
    pub(super) fn of(query: Arc<ReportQuery>) -> Self {
        let is_all_seen = query.equal.is_empty() && query.keys.is_none() && query.organisations.is_none();
        Self {
            query,
            names: Vec::new(),
            places: HashMap::new(),
            groups: Slots::default(),
            booked: Slots::default(),
            is_all_seen,
        }
    }

    /// Adds a part of a minute and those behind it; nothing where no window has that minute. `None` where it is damaged: what was
    /// added of it stays.
    pub(super) fn add(&mut self, minute: i64, bytes: &[u8]) -> Option<Result<(), ReportError>> {
        let query = Arc::clone(&self.query);
        let window = query.windows.partition_point(|window| window.end <= minute);
        if !query.windows.get(window).is_some_and(|window| window.contains(&minute)) {
            return Some(Ok(()));
        }
        let window = window as u32;
        let mut part = Part::of(bytes)?;
        let mut looked = Looked::of(&query, part.texts.len());
        // What nobody wants.
        let mut passed = Figures::default();
        while let Some(place) = part.next()? {
            let is_booked = query.is_reconciled && place.account > 0;
            if self.wants(&part, &place, &mut looked) {
                let group = self.group(&query, window, (&part, &place), &mut looked);
                let figures = self.groups.of(group);
                let before = (figures.count(Count::Charged), figures.charged);
                part.add_to(figures)?;
                let charged =
                    (figures.count(Count::Charged) - before.0, figures.charged.wrapping_sub(before.1));
                if is_booked {
                    self.book((window, place.account, group.2), charged);
                }
                if self.groups.len() > REPORT_ROWS_MAX {
                    return Some(Err(ReportError::TooManyRows { most: REPORT_ROWS_MAX }));
                }
            } else if is_booked {
                let mut figures = Figures::default();
                part.add_to(&mut figures)?;
                let currency = self.currency(&part, &place, &mut looked);
                let charged = (figures.count(Count::Charged), figures.charged);
                self.book((window, place.account, currency), charged);
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
        let mut rows: Vec<ReportRow> = groups.all().map(row).collect();
        rows.sort_by(|left, right| {
            (left.window, &left.names, &left.currency).cmp(&(right.window, &right.names, &right.currency))
        });
        let booked =
            booked.all().map(|((window, account, currency), sum)| ((window, account, name(currency)), sum));
        (rows, booked.collect())
    }

    fn wants(&self, part: &Part<'_>, place: &Place, looked: &mut Looked) -> bool {
        let (first, behind) = self.query.status.map_or((0, i64::MAX), |status| status.range());
        if !(first..behind).contains(&place.status.into()) {
            return false;
        }
        self.is_all_seen
            || looked.wishes.iter_mut().all(|(text, known)| {
                let number = place.texts[*text as usize] as usize;
                *known[number].get_or_insert_with(|| is_as_wished(&self.query, *text, part.texts[number]))
            })
    }

    fn group(
        &mut self,
        query: &ReportQuery,
        window: u32,
        (part, place): (&Part<'_>, &Place),
        looked: &mut Looked,
    ) -> Group {
        let mut names = [0; REPORT_DIMENSIONS_MAX];
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
        (window, names, self.currency(part, place, looked))
    }

    fn currency(&mut self, part: &Part<'_>, place: &Place, looked: &mut Looked) -> u32 {
        let number = place.texts[Text::Currency as usize] as usize;
        let known = looked.currencies[number];
        known.unwrap_or_else(|| *looked.currencies[number].insert(self.number(part.texts[number])))
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
    fn book(&mut self, of: (u32, u64, u32), (calls, charged): (u64, i128)) {
        if calls > 0 {
            let sum = self.booked.of(of);
            sum.0 += calls;
            sum.1 += charged;
        }
    }
}

impl Looked {
    /// Nothing yet, of a part with so many texts.
    fn of(query: &ReportQuery, texts: usize) -> Self {
        let ReportQuery { equal, keys, organisations, by, .. } = query;
        let wished = equal.iter().filter_map(|(dimension, _)| dimension.text());
        let wished = wished
            .chain(keys.iter().map(|_| Text::Key))
            .chain(organisations.iter().map(|_| Text::Organisation));
        let names = |dimension: &Dimension| dimension.text().map_or(Vec::new(), |_| vec![None; texts]);
        Self {
            wishes: wished.map(|text| (text, vec![None; texts])).collect(),
            names: by.iter().map(names).collect(),
            currencies: vec![None; texts],
        }
    }
}

fn is_as_wished(query: &ReportQuery, text: Text, found: &str) -> bool {
    let ReportQuery { equal, keys, organisations, .. } = query;
    let mut equal = equal.iter().filter(|(dimension, _)| dimension.text() == Some(text));
    equal.all(|(_, wished)| wished == found)
        && (text != Text::Key || keys.as_ref().is_none_or(|keys| keys.contains(found)))
        && (text != Text::Organisation
            || organisations.as_ref().is_none_or(|ids| ids.iter().any(|id| id.as_str() == found)))
}

fn named<'n>(query: &'n ReportQuery, dimension: Dimension, found: &'n str) -> Cow<'n, str> {
    match dimension {
        Dimension::Tag => query.tags.get(found).map_or(Cow::Borrowed(""), |value| Cow::Borrowed(value)),
        _ => Cow::Borrowed(found),
    }
}
