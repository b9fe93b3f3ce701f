//! Where a test may end the process or let the disk fail: at the n-th time that a place is reached. In a real build
//! there is nothing here.
//!
//! `LEDGER_FAIL=written:7` aborts at the seventh; `LEDGER_FAIL=sync:3:error` gives an error there.

#[cfg(test)]
pub(crate) use armed::{is_next, reached};

/// A place where nothing goes wrong by itself.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "in tests it may fail")]
pub(crate) const fn reached(_point: &str) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    const LAST_MOMENTS: Duration = Duration::from_millis(20);

    struct Armed {
        point: String,
        at: u64,
        is_error: bool,
        reached: AtomicU64,
    }

    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

    fn armed() -> Option<&'static Armed> {
        let read = || {
            let text = std::env::var("LEDGER_FAIL").ok()?;
            let mut parts = text.split(':');
            let (point, at) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
            Some(Armed { point, at, is_error: parts.next() == Some("error"), reached: AtomicU64::new(0) })
        };
        ARMED.get_or_init(read).as_ref()
    }

    pub(crate) fn reached(point: &str) -> std::io::Result<()> {
        let Some(armed) = armed().filter(|armed| armed.point == point) else { return Ok(()) };
        if armed.reached.fetch_add(1, Ordering::Relaxed) + 1 != armed.at {
            return Ok(());
        }
        if armed.is_error {
            return Err(std::io::Error::other("made up by a test"));
        }
        // Time for others to act on what they were told too early.
        let begun = Instant::now();
        while begun.elapsed() < LAST_MOMENTS {
            std::thread::yield_now();
        }
        std::process::abort();
    }

    /// Whether the next [`reached`] of this place will end the process.
    pub(crate) fn is_next(point: &str) -> bool {
        let is_next = |it: &&Armed| it.point == point && it.reached.load(Ordering::Relaxed) + 1 == it.at;
        armed().filter(is_next).is_some()
    }
}
