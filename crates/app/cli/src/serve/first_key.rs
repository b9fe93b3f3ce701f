//! The first key: one from the environment is taken as it is; else the first start makes one, shown once.

use anyhow::{Context, Result};
use domain::{Secret, Timestamp};
use store::{Asker, KEYS_PER_PAGE_MAX, KeyDesk, KeyError, KeyFilter, NewKey, PlanName, Reach};

use crate::environment;

const VARIABLE: &str = "BELLWETHER_KEY";

/// A key to be shown or used in the banner.
#[derive(Debug)]
pub(super) enum FirstKey {
    /// Made just now: this is the one time it can be shown.
    Made(Secret),
    /// The operator gave it himself; there is no need to print it. `former`: an earlier one that is still valid.
    Given { former: Option<String> },
}

/// Makes sure that somebody can call.
pub(super) async fn ensure(desk: &KeyDesk, now: Timestamp) -> Result<Option<FirstKey>> {
    if let Some(given) = environment::secret(VARIABLE)? {
        let former = take(desk, given, now).await.with_context(|| format!("the key in {VARIABLE}"))?;
        return Ok(Some(FirstKey::Given { former }));
    }
    if !desk.directory().is_empty() {
        return Ok(None);
    }
    // It is the operator's own.
    let wish = NewKey { plan: PlanName::none(), ..NewKey::named("first key") };
    let issued = desk.create(wish, &by(), now).await?;
    Ok(Some(FirstKey::Made(issued.secret)))
}

/// Neither key ends by itself: nobody has said when, and a gateway that refuses its only callers after three months helps
/// nobody.
fn by() -> Asker {
    Asker::operator("the start")
}

/// Takes a key verbatim. If the variable held another one before, that one stays valid, and its id is returned: whoever
/// changed the variable to get rid of it must be told.
async fn take(desk: &KeyDesk, given: Secret, now: Timestamp) -> Result<Option<String>> {
    let verbatim = || Some(given.clone());
    let named =
        |name: String| NewKey { verbatim: verbatim(), plan: PlanName::none(), ..NewKey::named(&name) };
    match desk.create(named(VARIABLE.to_owned()), &by(), now).await {
        Ok(_) => Ok(None),
        Err(KeyError::NameTaken { .. }) => {
            let name = format!("{VARIABLE} {}", given.masked());
            desk.create(named(name), &by(), now).await?;
            let keys = desk.list(&KeyFilter::default(), None, KEYS_PER_PAGE_MAX, &Reach::All).await?;
            let former = keys.into_iter().find(|key| key.name == VARIABLE && key.revoked_at.is_none());
            Ok(former.map(|key| key.id.as_str().to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}
