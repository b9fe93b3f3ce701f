//! What is known of models: the shipped catalogue, and over it the operator's own.

use std::collections::HashMap;
use std::sync::Arc;

use providers::models::{Catalogue, Known, shipped_of};

use crate::problem::Report;
use crate::sources::Sources;

/// The catalogue in force, read as far as it is needed.
pub(crate) struct Lookup {
    own: Catalogue,
    known: HashMap<&'static str, Arc<Known>>,
}

impl Lookup {
    /// What is known of the models of a kind.
    pub(crate) fn of_kind(&mut self, kind: &'static str) -> Arc<Known> {
        let known = self.known.entry(kind).or_insert_with(|| {
            let (own, shipped) = (self.own.of_kind(kind), shipped_of(kind));
            if own.is_empty() { shipped } else { Arc::new(own.over(&shipped)) }
        });
        known.clone()
    }
}

/// The catalogue in force. Of an operator's file with a mistake nothing is used.
pub(crate) fn check(sources: &Sources<'_>, report: &mut Report) -> Lookup {
    let mut own = Catalogue::default();
    if let Some((name, text)) = sources.catalog {
        match Catalogue::read(text) {
            Ok(read) => own = read,
            Err(flaws) => flaws.into_iter().for_each(|flaw| {
                report.add_in(name, flaw.line as u64, &flaw.name, flaw.message);
            }),
        }
    }
    Lookup { own, known: HashMap::new() }
}
