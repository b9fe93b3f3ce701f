//! What is known of models: the shipped catalogue, and over it the operator's own.

use std::borrow::Cow;

use providers::models::{Catalogue, Row, shipped};
use routing::{KnownNames, Retired};

use super::providers::Provider;
use crate::problem::Report;
use crate::sources::Sources;

/// The catalogue in force. Of an operator's file with a mistake nothing is used.
pub(crate) fn check(sources: &Sources<'_>, report: &mut Report) -> Cow<'static, Catalogue> {
    let Some((name, text)) = sources.catalog else { return Cow::Borrowed(shipped()) };
    match Catalogue::read(text) {
        Ok(own) => Cow::Owned(own.over(shipped())),
        Err(flaws) => {
            for flaw in flaws {
                report.add_in(name, flaw.line as u64, &flaw.name, flaw.message);
            }
            Cow::Borrowed(shipped())
        }
    }
}

/// The names by which a provider's models can be asked for.
pub(crate) fn names(provider: &Provider) -> KnownNames {
    let mut names = KnownNames::default();
    for row in provider.known.rows() {
        names.are_all |= is_catalogued(row);
        let asked = std::iter::once(&row.name).chain(&row.aliases);
        match row.retired {
            None => names.names.extend(asked.map(|asked| (asked.clone(), row.name.clone()))),
            Some(since) => {
                let retired = Retired { since: since.to_string(), successor: row.successor.clone() };
                names.retired.extend(asked.map(|asked| (asked.clone(), retired.clone())));
            }
        }
    }
    if provider.models.is_none() && is_at_home(provider) {
        let served = provider.known.rows().iter().filter(|row| row.is_served() && is_catalogued(row));
        names.listed = served.map(|row| row.name.clone()).collect();
    }
    names
}

/// Whether a catalogue knows it, and not only the operator: what he says of one model says nothing of the others.
const fn is_catalogued(row: &Row) -> bool {
    !row.source.is_empty()
}

/// Whether it is its vendor itself, and not somebody else at the end of the line.
fn is_at_home(provider: &Provider) -> bool {
    let home = provider.kind.base_url;
    home.is_some_and(|home| provider.lines.iter().all(|line| line.base_url.to_string() == home))
}
