//! How often a key has tried a code in this minute: whoever guesses shall not guess much.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{KeyId, Kind, Timestamp};

use crate::refusal::Refusal;

/// Tries of one key in a minute.
pub const VOUCHER_TRIES_PER_MINUTE: u32 = 10;
/// Keys that are counted in a minute; where more try, all wait for the next.
const KEYS_MAX: usize = 100_000;
const MINUTE_MS: i64 = 60_000;

/// Counts of the running minute.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<(i64, HashMap<KeyId, u32>)>);

impl Tries {
    /// Counts one, or refuses it.
    pub(super) fn count(&self, key: &KeyId, now: Timestamp) -> Result<(), Refusal> {
        let minute = now.unix_ms().div_euclid(MINUTE_MS);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.0 != minute {
            *held = (minute, HashMap::new());
        }
        let counts = &mut held.1;
        let is_full = counts.len() >= KEYS_MAX && !counts.contains_key(key);
        let count = if is_full { VOUCHER_TRIES_PER_MINUTE } else { *counts.entry(key.clone()).or_default() };
        if count >= VOUCHER_TRIES_PER_MINUTE {
            let message =
                format!("a key may try {VOUCHER_TRIES_PER_MINUTE} codes in a minute; try again in the next");
            let wait_ms = MINUTE_MS - now.unix_ms().rem_euclid(MINUTE_MS);
            let wait = Duration::from_millis(wait_ms.unsigned_abs());
            return Err(Refusal::of(Kind::LimitReached, message).with_retry_after(wait));
        }
        counts.insert(key.clone(), count + 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::{KeyId, Timestamp};

    use super::{Tries, VOUCHER_TRIES_PER_MINUTE};

    #[test]
    fn each_key_has_its_own_tries_and_new_ones_in_the_next_minute() {
        let (tries, now) = (Tries::default(), Timestamp(1_795_219_200_000));
        let [one, other] = ["key_one", "key_other"].map(|id| KeyId::parse(id).unwrap());
        for _ in 0..VOUCHER_TRIES_PER_MINUTE {
            tries.count(&one, now).unwrap();
        }
        assert!(tries.count(&one, now).is_err());
        assert!(tries.count(&other, now).is_ok());
        assert!(tries.count(&one, Timestamp(now.unix_ms() + 60_000)).is_ok());
    }
}
