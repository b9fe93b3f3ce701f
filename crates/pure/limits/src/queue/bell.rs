//! What calls one who waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Waker;

/// Rung when somebody is first, or is not to wait any longer.
#[derive(Debug, Default)]
pub(super) struct Bell {
    was_called: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Bell {
    /// Whether it was rung since the last look.
    pub(super) fn take_call(&self) -> bool {
        self.was_called.swap(false, Ordering::SeqCst)
    }

    pub(super) fn wakes(&self, waker: &Waker) {
        let mut kept = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|kept| !kept.will_wake(waker)) {
            *kept = Some(waker.clone());
        }
    }

    pub(super) fn ring(&self) {
        self.was_called.store(true, Ordering::SeqCst);
        if let Some(waker) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
    }
}
