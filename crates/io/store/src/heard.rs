//! What is in force, swapped whole, and who is told of each that takes its place.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

/// Told of each that comes into force.
type Hearer<T> = Box<dyn Fn(Arc<T>) + Send + Sync>;

/// What is in force.
pub(crate) struct Heard<T> {
    present: ArcSwap<T>,
    hearers: Mutex<Vec<Hearer<T>>>,
}

impl<T> Heard<T> {
    pub(crate) fn new(first: T) -> Self {
        Self { present: ArcSwap::from_pointee(first), hearers: Mutex::default() }
    }

    /// What is in force now.
    pub(crate) fn get(&self) -> Arc<T> {
        self.present.load_full()
    }

    /// Gives `hearer` what is in force, and each that takes its place.
    pub(crate) fn hear(&self, hearer: impl Fn(Arc<T>) + Send + Sync + 'static) {
        // Held over both: nothing comes between the first and the next that he hears of.
        let mut hearers = self.hearers.lock().unwrap_or_else(PoisonError::into_inner);
        hearer(self.get());
        hearers.push(Box::new(hearer));
    }

    /// Puts another in its place.
    pub(crate) fn set(&self, next: impl Into<Arc<T>>) {
        let next = next.into();
        let hearers = self.hearers.lock().unwrap_or_else(PoisonError::into_inner);
        self.present.store(Arc::clone(&next));
        hearers.iter().for_each(|hearer| hearer(Arc::clone(&next)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::Heard;

    #[test]
    fn whoever_hears_is_told_of_what_is_and_of_each_after() {
        let (heard, told) = (Heard::new(1), Arc::new(Mutex::new(Vec::new())));
        heard.set(2);
        let hears = Arc::clone(&told);
        heard.hear(move |number| hears.lock().unwrap().push(*number));
        heard.set(Arc::new(3));
        assert_eq!((*told.lock().unwrap()).as_slice(), [2, 3]);
        assert_eq!(*heard.get(), 3);
    }
}
