//! The names by which models can be asked for though nobody has configured them.

use providers::models::Row;
use routing::{KnownNames, Retired};

use super::providers::Provider;
use super::traits::traits;

/// The names by which a provider's models can be asked for. Whoever answers elsewhere under a vendor's kind has his own
/// models beside the vendor's, and his own time for them.
pub(crate) fn names(provider: &Provider) -> KnownNames {
    let is_at_home = is_at_home(provider);
    let mut names = KnownNames::default();
    for row in provider.known.rows() {
        names.are_all |= is_at_home && is_catalogued(row);
        let asked = std::iter::once(&row.name).chain(&row.aliases);
        match row.retired {
            None => {
                names.traits.insert(row.name.clone(), traits(row));
                names.names.extend(asked.map(|asked| (asked.clone(), row.name.clone())));
            }
            Some(_) if !is_at_home => {}
            Some(since) => {
                let retired = Retired { since: since.to_string(), successor: row.successor.clone() };
                names.retired.extend(asked.map(|asked| (asked.clone(), retired.clone())));
            }
        }
        if is_at_home && provider.models.is_none() && row.is_served() && is_catalogued(row) {
            names.listed.push(row.name.clone());
        }
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
