//! The first key: one from the environment is taken as it is; else the first start makes one, shown once.

use anyhow::{Context, Result};
use domain::{Secret, Timestamp};
use store::{KeyDesk, KeyError, NewKey};

use crate::environment;

const VARIABLE: &str = "BELLWETHER_KEY";

/// A key to be shown or used in the banner.
#[derive(Debug)]
pub(super) enum FirstKey {
    /// Made just now: this is the one time it can be shown.
    Made(Secret),
    /// The operator gave it himself; there is no need to print it.
    Given,
}

/// Makes sure that somebody can call.
pub(super) async fn ensure(desk: &KeyDesk, now: Timestamp) -> Result<Option<FirstKey>> {
    if let Some(given) = environment::secret(VARIABLE) {
        take(desk, given, now).await.with_context(|| format!("the key in {VARIABLE}"))?;
        return Ok(Some(FirstKey::Given));
    }
    if !desk.directory().is_empty() {
        return Ok(None);
    }
    let issued =
        desk.create(NewKey { name: "first key".to_owned(), expires_at: None, verbatim: None }, now).await?;
    Ok(Some(FirstKey::Made(issued.secret)))
}

/// Takes a key verbatim. The name of an earlier value of the variable is not free, so that of a later one tells its end.
async fn take(desk: &KeyDesk, given: Secret, now: Timestamp) -> Result<(), KeyError> {
    let named = |name: String| NewKey { name, expires_at: None, verbatim: Some(given.clone()) };
    match desk.create(named(VARIABLE.to_owned()), now).await {
        Err(KeyError::NameTaken { .. }) => {
            let name = format!("{VARIABLE} {}", given.masked());
            desk.create(named(name), now).await.map(drop)
        }
        created => created.map(drop),
    }
}
