//! Which models of a provider are told apart: each has a place, the same on all its ways and for all its keys.

use std::sync::{Arc, OnceLock};

use crate::hash::hash;

/// So many models of one provider are told apart; further ones share what is known.
pub const MODELS_MAX: usize = 64;

/// The names of a provider's models in the order in which they were first asked for.
#[derive(Debug)]
pub struct ModelPlaces {
    names: [OnceLock<Arc<str>>; MODELS_MAX],
}

impl Default for ModelPlaces {
    fn default() -> Self {
        Self { names: [const { OnceLock::new() }; MODELS_MAX] }
    }
}

impl ModelPlaces {
    /// The place of a model, found or taken; where all are taken, one that is shared.
    pub fn of(&self, model: &str) -> usize {
        let first = hash(model.as_bytes()) as usize % MODELS_MAX;
        for step in 0..MODELS_MAX {
            let place = (first + step) % MODELS_MAX;
            if **self.names[place].get_or_init(|| Arc::from(model)) == *model {
                return place;
            }
        }
        first
    }

    /// The models that have a place.
    pub fn known(&self) -> impl Iterator<Item = (usize, &str)> {
        self.names.iter().enumerate().filter_map(|(place, name)| Some((place, &**name.get()?)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{MODELS_MAX, ModelPlaces};

    #[test]
    fn models_keep_their_places_and_share_when_all_are_taken() {
        let places = ModelPlaces::default();
        let names: Vec<String> = (0..MODELS_MAX).map(|count| format!("model-{count}")).collect();
        let first: Vec<usize> = names.iter().map(|name| places.of(name)).collect();
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), MODELS_MAX, "all apart");
        assert_eq!(names.iter().map(|name| places.of(name)).collect::<Vec<_>>(), first);
        let late = places.of("one-too-many");
        assert_eq!(places.of("one-too-many"), late);
        assert_eq!(places.known().count(), MODELS_MAX);
    }
}
