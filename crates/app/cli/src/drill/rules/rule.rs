//! A kind of mistake.

use crate::drill::finding::{Finding, Trace, Weight};
use crate::drill::house::House;

/// A kind of mistake, and how it is found.
#[derive(Clone, Copy)]
pub(in crate::drill) struct Rule {
    /// Its name, for programs.
    pub(in crate::drill) code: &'static str,
    pub(in crate::drill) weight: Weight,
    /// What is looked for.
    pub(in crate::drill) says: &'static str,
    pub(super) find: fn(&House<'_>) -> Vec<Trace>,
}

impl Rule {
    pub(super) const fn new(
        code: &'static str,
        weight: Weight,
        says: &'static str,
        find: fn(&House<'_>) -> Vec<Trace>,
    ) -> Self {
        Self { code, weight, says, find }
    }

    /// What it finds.
    pub(super) fn look(&self, house: &House<'_>) -> Vec<Finding> {
        let found = (self.find)(house).into_iter();
        found.map(|trace| Finding { code: self.code, weight: self.weight, trace }).collect()
    }
}
