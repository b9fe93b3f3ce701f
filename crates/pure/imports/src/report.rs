//! What became of each setting. Words only: no finding holds a value that may be a secret.

use config::Place;

/// What became of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It means the same here.
    Carried,
    /// It is here, and means something slightly else.
    Changed,
    /// It is not here.
    Lost,
}

impl Fate {
    /// As a report says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Changed => "changed",
            Self::Lost => "not carried",
        }
    }
}

/// Where a setting stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: String,
    /// Line and column.
    pub place: Place,
}

/// One setting and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What became of it.
    pub fate: Fate,
    /// Where it stands, if it stands in a file.
    pub spot: Option<Spot>,
    /// Which it is: a path in the other gateway's own words.
    pub what: String,
    /// What it is now, or why it is not here.
    pub said: String,
    /// What the operator may do.
    pub advice: Option<String>,
}

/// Every finding, in the order of the other gateway's configuration.
#[derive(Clone, Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
}

/// What a finding is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) what: String,
    pub(crate) spot: Option<Spot>,
}

impl About {
    /// Something that stands in no file.
    pub(crate) fn named(what: impl Into<String>) -> Self {
        Self { what: what.into(), spot: None }
    }
}

impl Report {
    /// The findings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many settings came to this.
    pub fn count(&self, fate: Fate) -> usize {
        self.findings.iter().filter(|finding| finding.fate == fate).count()
    }

    pub(crate) fn carried(&mut self, about: &About, said: impl Into<String>) {
        self.add(Fate::Carried, about, said.into(), None);
    }

    pub(crate) fn changed(&mut self, about: &About, said: impl Into<String>, advice: Option<&str>) {
        self.add(Fate::Changed, about, said.into(), advice);
    }

    pub(crate) fn lost(&mut self, about: &About, said: impl Into<String>, advice: Option<&str>) {
        self.add(Fate::Lost, about, said.into(), advice);
    }

    pub(crate) fn add(&mut self, fate: Fate, about: &About, said: String, advice: Option<&str>) {
        self.findings.push(Finding {
            fate,
            spot: about.spot.clone(),
            what: about.what.clone(),
            said,
            advice: advice.map(str::to_owned),
        });
    }

    /// Brings the findings of each file into the file's order; what stands in no file keeps its place behind them.
    pub(crate) fn sort(&mut self) {
        self.findings.sort_by(|one, other| {
            let key = |finding: &Finding| finding.spot.as_ref().map(|spot| (spot.file.clone(), spot.place));
            match (key(one), key(other)) {
                (Some(one), Some(other)) => one.cmp(&other),
                (one, other) => other.is_some().cmp(&one.is_some()),
            }
        });
    }
}
