//! What users prove themselves with: made for a user by himself or the operator, taken back also by who governs him in an
//! organisation of both.

use domain::{Secret, Timestamp, UserId, UserTokenId};
use serde_json::Value;

use super::tenancy_desk::TenancyDesk;
use super::users::user;
use crate::audit;
use crate::database::AnyConnection;
use crate::random::{entropy, random};
use crate::tenancy::deed::Deed;
use crate::tenancy::directory::{SignedIn, USER_TOKEN_PREFIX};
use crate::tenancy::error::TenancyError;
use crate::tenancy::reach::Reach;
use crate::tenancy::user::{User, UserToken};
use crate::tenancy::{sql, words};

/// Most tokens of a user that are not revoked.
pub const USER_TOKENS_MAX: u32 = 50;
/// How long a token lasts unless said otherwise.
const LASTS_DEFAULT_MS: i64 = 90 * 86_400_000;
/// How long it can.
const LASTS_MAX_MS: i64 = 3660 * 86_400_000;

/// A token somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What its user calls it.
    pub name: String,
    /// From when on it is refused; ninety days from now if not said.
    pub expires_at: Option<Timestamp>,
}

/// A token just made.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// What is kept of it.
    pub token: UserToken,
    /// The token itself: shown now or never.
    pub secret: Secret,
}

impl TenancyDesk {
    /// All tokens of a user, revoked ones too, in order of creation.
    pub async fn tokens(
        &self,
        reach: &Reach,
        meant: &str,
        asking: Option<&UserId>,
    ) -> Result<Vec<UserToken>, TenancyError> {
        let mut from = self.reading().await?;
        let whose = user_of_mine(&mut from, reach, meant, asking).await?;
        must_govern_user(&mut from, asking, &whose).await?;
        Ok(sql::tokens::list(&mut from, Some(&whose.id)).await?)
    }

    /// Makes a token for a user; his own to do, or the operator's.
    pub async fn create_token(
        &self,
        reach: &Reach,
        meant: &str,
        wish: NewToken,
        deed: &Deed,
    ) -> Result<IssuedToken, TenancyError> {
        let name = words::name("the name of a token", &wish.name)?;
        let expires_at = wish.expires_at.unwrap_or(Timestamp(deed.at.unix_ms() + LASTS_DEFAULT_MS));
        let lasts_ms = expires_at.unix_ms().saturating_sub(deed.at.unix_ms());
        if !(1..=LASTS_MAX_MS).contains(&lasts_ms) {
            return Err(TenancyError::BadExpiry);
        }
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let whose = user_of_mine(&mut transaction, reach, meant, deed.user.as_ref()).await?;
        if deed.user.as_ref().is_some_and(|asking| *asking != whose.id) {
            return Err(TenancyError::NotYours(whose.id.to_string()));
        }
        let live = sql::tokens::list(&mut transaction, Some(&whose.id)).await?;
        let live: Vec<_> = live.into_iter().filter(|token| token.revoked_at.is_none()).collect();
        if let Some(same) = live.iter().find(|token| token.name == name) {
            return Err(TenancyError::NameTaken { what: "token", id: same.id.to_string(), name });
        }
        if live.len() >= USER_TOKENS_MAX as usize {
            return Err(TenancyError::TooMany("tokens of this user", USER_TOKENS_MAX));
        }
        let secret = new_secret();
        let token = UserToken {
            id: UserTokenId::new(deed.at, entropy()),
            user: whose.id,
            name,
            hint: hint(&secret),
            digest: self.users.digest(&secret),
            created_at: deed.at,
            expires_at: Some(expires_at),
            revoked_at: None,
            last_used_at: None,
        };
        sql::tokens::insert(&mut transaction, &token).await?;
        let entry = deed.entry("token.create", token.id.as_str(), None, &Value::Null, &token.json(deed.at));
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.users.put_token(&token);
        Ok(IssuedToken { token, secret: Secret::new(secret) })
    }

    /// Takes a token back, for good.
    pub async fn revoke_token(
        &self,
        reach: &Reach,
        meant: &str,
        id: &str,
        deed: &Deed,
    ) -> Result<UserToken, TenancyError> {
        let _alone = self.changing.lock().await;
        let mut transaction = self.store.begin().await?;
        let whose = user_of_mine(&mut transaction, reach, meant, deed.user.as_ref()).await?;
        must_govern_user(&mut transaction, deed.user.as_ref(), &whose).await?;
        let tokens = sql::tokens::list(&mut transaction, Some(&whose.id)).await?;
        let found = tokens.into_iter().find(|token| token.id.as_str() == id);
        let before = found.ok_or_else(|| TenancyError::unknown("token", id))?;
        if let Some(at) = before.revoked_at {
            return Err(TenancyError::TokenRevoked { id: before.id.to_string(), at });
        }
        let after = UserToken { revoked_at: Some(deed.at), ..before.clone() };
        sql::tokens::revoke(&mut transaction, &after.id, deed.at).await?;
        let (was, is) = (before.json(deed.at), after.json(deed.at));
        let entry = deed.entry("token.revoke", after.id.as_str(), None, &was, &is);
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        self.users.put_token(&after);
        Ok(after)
    }

    /// Writes down that a token was used, if that is news of at least a minute.
    pub async fn note_use(&self, user: &SignedIn, now: Timestamp) -> Result<(), TenancyError> {
        if self.users.is_use_news(&user.digest, now) {
            let mut to = self.reading().await?;
            sql::tokens::note_use(&mut to, &user.token, now).await?;
        }
        Ok(())
    }
}

/// A user within reach; whoever asks is always within his own.
async fn user_of_mine(
    from: &mut AnyConnection,
    reach: &Reach,
    meant: &str,
    asking: Option<&UserId>,
) -> Result<User, TenancyError> {
    let reach = if asking.is_some_and(|asking| asking.as_str() == meant) { &Reach::All } else { reach };
    user(from, reach, meant).await
}

/// Whether a user's tokens are whoever asks's business: his own, the operator's, or of who governs him somewhere.
async fn must_govern_user(
    from: &mut AnyConnection,
    asking: Option<&UserId>,
    whose: &User,
) -> Result<(), TenancyError> {
    let Some(asking) = asking.filter(|asking| **asking != whose.id) else { return Ok(()) };
    let mine = sql::members::list(from, &Reach::All, None, Some(asking)).await?;
    let theirs = sql::members::list(from, &Reach::All, None, Some(&whose.id)).await?;
    let governs = mine.iter().any(|mine| {
        theirs.iter().any(|theirs| theirs.organisation == mine.organisation && mine.role.governs(theirs.role))
    });
    if governs { Ok(()) } else { Err(TenancyError::NotYours(whose.id.to_string())) }
}

fn new_secret() -> String {
    loop {
        // Rejection can run out of entropy, about once in the age of the universe.
        if let Some(token) = domain::key_from_entropy(USER_TOKEN_PREFIX, &random()) {
            return token;
        }
    }
}

/// Its beginning and its end; what is between is far more than can be guessed.
fn hint(token: &str) -> String {
    format!("{}…{}", &token[..USER_TOKEN_PREFIX.len() + 2], &token[token.len() - 4..])
}
