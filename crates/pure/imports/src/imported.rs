//! What an import comes to: draft, report, and the secrets to be kept apart from both.

use config::{Overrides, Problem, Sources};
use domain::Secret;

use crate::draft::Draft;
use crate::report::Report;

/// Stands for a secret that is not at hand while a draft is checked.
const STAND_IN: &str = "stands-in-for-a-secret";

/// What an import comes to.
#[derive(Debug, Default)]
pub struct Imported {
    /// The configuration in the making.
    pub draft: Draft,
    /// What became of each setting.
    pub report: Report,
    /// The secrets that stood as plain text where they came from, each under the variable that the draft names.
    pub secrets: Vec<CarriedSecret>,
}

/// A secret and the variable that is to hold it.
#[derive(Clone, Debug)]
pub struct CarriedSecret {
    /// The variable.
    pub variable: String,
    /// The secret.
    pub secret: Secret,
}

impl Imported {
    /// Holds the draft against the configuration's own check, as if every variable that it names were set.
    pub fn check(&self, file: &str, text: &str) -> Result<(), Vec<Problem>> {
        let variables = self.draft.variables();
        let held = |name: &str| {
            let carried = self.secrets.iter().find(|carried| carried.variable == name);
            let secret = carried.map(|carried| carried.secret.expose().to_owned());
            // Two stand-ins must not look like the same credential given twice.
            secret
                .or_else(|| variables.iter().any(|known| known == name).then(|| format!("{STAND_IN}-{name}")))
        };
        let sources = Sources {
            text: Some((file, text)),
            catalog: None,
            env: &held,
            env_names: variables.clone(),
            read_file: &|_| Err("an import names no file".to_owned()),
            stored: &|_| config::Stored::NotOpen,
            overrides: Overrides::default(),
        };
        config::check(&sources).map(|_| ())
    }

    /// Whether two references name one secret, as far as that is known: a key may stand in a file as text and in a variable.
    pub(crate) fn is_same(&self, one: &str, other: &str) -> bool {
        let carried = |reference: &str| {
            let name = reference.strip_prefix("env:")?;
            self.secrets.iter().find(|carried| carried.variable == name).map(|carried| &carried.secret)
        };
        one == other || carried(one).is_some_and(|secret| carried(other) == Some(secret))
    }

    /// Keeps a secret under a variable of its own and returns the variable's name.
    pub(crate) fn keep(&mut self, wanted: &str, secret: Secret) -> String {
        let is_taken = |name: &str| self.secrets.iter().any(|carried| carried.variable == name);
        let name = crate::ids::free(wanted, '_', &is_taken);
        self.secrets.push(CarriedSecret { variable: name.clone(), secret });
        name
    }
}
