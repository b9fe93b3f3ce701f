//! Whether an operator has taken somebody out: a way as a whole, or single models by it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Whether an operator has taken somebody out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// He is asked.
    #[default]
    On,
    /// No new call is sent to him; what runs may end, and what only he can go on with goes on.
    Draining,
    /// Not to be asked.
    Off,
}

impl Switch {
    /// The stricter of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self as u8 >= other as u8 { self } else { other }
    }

    /// As told to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Draining => "draining",
            Self::Off => "off",
        }
    }

    const fn of(number: u8) -> Self {
        match number {
            0 => Self::On,
            1 => Self::Draining,
            _ => Self::Off,
        }
    }
}

/// The switches of one way. Where nothing is switched off, one word says so.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    /// That of the whole way, and whether single models have one.
    word: AtomicU8,
    /// Read only where there are any. Names, not places: a model must not be switched off with another.
    models: RwLock<Vec<(Arc<str>, Switch)>>,
}

const WHOLE: u8 = 0b011;
const HAS_MODELS: u8 = 0b100;

impl Switches {
    /// What holds for a model.
    pub(crate) fn of(&self, model: &str) -> Switch {
        let word = self.word.load(Ordering::Relaxed);
        if word & HAS_MODELS == 0 {
            return Switch::of(word & WHOLE);
        }
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        let own = models.iter().find(|(name, _)| **name == *model);
        Switch::of(word & WHOLE).and(own.map(|(_, switch)| *switch).unwrap_or_default())
    }

    /// Whether anything is switched.
    pub(crate) fn are_any(&self) -> bool {
        self.word.load(Ordering::Relaxed) != 0
    }

    /// What holds for all models.
    pub(crate) fn whole(&self) -> Switch {
        Switch::of(self.word.load(Ordering::Relaxed) & WHOLE)
    }

    /// Takes the place of all that was set before.
    pub(crate) fn set(&self, whole: Switch, models: Vec<(Arc<str>, Switch)>) {
        let has_models = if models.is_empty() { 0 } else { HAS_MODELS };
        *self.models.write().unwrap_or_else(PoisonError::into_inner) = models;
        self.word.store(whole as u8 | has_models, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Switch, Switches};

    #[test]
    fn the_stricter_of_way_and_model_holds() {
        let switches = Switches::default();
        assert_eq!(switches.of("any"), Switch::On);
        switches.set(Switch::Draining, vec![(Arc::from("a"), Switch::Off), (Arc::from("b"), Switch::On)]);
        let found = ["a", "b", "c"].map(|model| switches.of(model));
        assert_eq!(found, [Switch::Off, Switch::Draining, Switch::Draining]);
        assert_eq!(switches.whole(), Switch::Draining);
        switches.set(Switch::On, Vec::new());
        assert_eq!(switches.of("a"), Switch::On);
    }
}
