//! All users in memory, found by the digest of a token. A projection: the database is the truth. Asked by the admin API
//! only, never for a caller, so that one lock does.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use domain::{OrganisationId, Timestamp, UserId, UserTokenId};

use super::role::Role;
use super::user::{Membership, TokenState, User, UserToken};
use crate::keys::{KeyDigest, KeyHasher};

/// What a user's token begins with, so that nobody takes it for a caller's key.
pub const USER_TOKEN_PREFIX: &str = "bwu_";
/// Keeps digests of tokens apart from those of callers' keys: neither is ever found as the other.
const DIGEST_PURPOSE: &str = "user token";

/// Every user, every token and who is what where.
#[derive(Debug)]
pub struct UserDirectory {
    hasher: KeyHasher,
    present: RwLock<Present>,
}

#[derive(Debug, Default)]
struct Present {
    users: HashMap<UserId, Known>,
    /// By the first eight bytes of their digests, which say nothing of a token: the whole is compared in constant time.
    /// Revoked ones too, so that a refusal can say so.
    tokens: HashMap<[u8; 8], Vec<UserToken>>,
    suspended_organisations: HashMap<OrganisationId, Timestamp>,
}

#[derive(Debug)]
struct Known {
    user: User,
    roles: BTreeMap<OrganisationId, Role>,
}

/// A user who has proved who he is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// With which of his tokens.
    pub token: UserTokenId,
    /// What that is found by.
    pub digest: KeyDigest,
    /// What he is where, in the order of the organisations' ids.
    pub seats: Vec<Seat>,
}

/// What a user is in one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Where.
    pub organisation: OrganisationId,
    /// What he is there.
    pub role: Role,
    /// Whether nothing of it may be changed for now.
    pub is_suspended: bool,
}

/// Why a token opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// Nobody knows it.
    #[error("this token is not known here; check that it was copied whole")]
    Unknown,
    /// Its time is over.
    #[error("the token {id} expired at {}; make another", .at.rfc3339())]
    Expired {
        /// Which.
        id: UserTokenId,
        /// When.
        at: Timestamp,
    },
    /// It was taken back.
    #[error("the token {id} was revoked at {} and never opens anything again", .at.rfc3339())]
    Revoked {
        /// Which.
        id: UserTokenId,
        /// When.
        at: Timestamp,
    },
    /// Its user is refused.
    #[error("the user {id} is suspended since {}", .at.rfc3339())]
    Suspended {
        /// Who.
        id: UserId,
        /// Since when.
        at: Timestamp,
    },
}

impl UserDirectory {
    /// A directory of nobody.
    pub fn new(hasher: KeyHasher) -> Self {
        Self { hasher, present: RwLock::default() }
    }

    /// What a token is kept and looked up by.
    pub fn digest(&self, token: &str) -> KeyDigest {
        KeyDigest(self.hasher.mark(DIGEST_PURPOSE, token))
    }

    /// Who shows this token at `now`.
    pub fn find(&self, token: &str, now: Timestamp) -> Result<SignedIn, TokenRefusal> {
        let present = self.read();
        let token = present.token(&self.digest(token)).ok_or(TokenRefusal::Unknown)?;
        match token.state(now) {
            TokenState::Active => {}
            TokenState::Expired(at) => return Err(TokenRefusal::Expired { id: token.id.clone(), at }),
            TokenState::Revoked(at) => return Err(TokenRefusal::Revoked { id: token.id.clone(), at }),
        }
        let known = present.users.get(&token.user).ok_or(TokenRefusal::Unknown)?;
        if let Some(at) = known.user.suspended_at {
            return Err(TokenRefusal::Suspended { id: known.user.id.clone(), at });
        }
        let seats = known.roles.iter().map(|(organisation, role)| Seat {
            organisation: organisation.clone(),
            role: *role,
            is_suspended: present.suspended_organisations.contains_key(organisation),
        });
        Ok(SignedIn {
            user: known.user.clone(),
            token: token.id.clone(),
            digest: token.digest,
            seats: seats.collect(),
        })
    }

    /// The user of this id.
    pub fn user(&self, id: &UserId) -> Option<User> {
        self.read().users.get(id).map(|known| known.user.clone())
    }

    /// Whether a token was last used at least a minute ago, and notes that it is now.
    pub(super) fn is_use_news(&self, digest: &KeyDigest, now: Timestamp) -> bool {
        const MINUTE_MS: i64 = 60_000;
        let mut present = self.write();
        let alike = present.tokens.get_mut(&beginning(digest)).into_iter().flatten();
        let Some(token) = alike.into_iter().find(|known| known.digest == *digest) else { return false };
        if token.last_used_at.is_some_and(|before| now.unix_ms() - before.unix_ms() < MINUTE_MS) {
            return false;
        }
        token.last_used_at = Some(now);
        true
    }

    /// Adds a user, or takes over what changed of him.
    pub fn put_user(&self, user: &User) {
        let mut present = self.write();
        match present.users.get_mut(&user.id) {
            Some(known) => known.user = user.clone(),
            None => {
                let known = Known { user: user.clone(), roles: BTreeMap::new() };
                present.users.insert(user.id.clone(), known);
            }
        }
    }

    /// Adds a token, or takes over what changed of it.
    pub fn put_token(&self, token: &UserToken) {
        let mut present = self.write();
        let alike = present.tokens.entry(beginning(&token.digest)).or_default();
        alike.retain(|known| known.digest != token.digest);
        alike.push(token.clone());
    }

    /// Makes a known user something in an organisation, or something else.
    pub fn put_member(&self, member: &Membership) {
        if let Some(known) = self.write().users.get_mut(&member.user) {
            known.roles.insert(member.organisation.clone(), member.role);
        }
    }

    /// A user is nothing in an organisation any more.
    pub fn remove_member(&self, organisation: &OrganisationId, user: &UserId) {
        if let Some(known) = self.write().users.get_mut(user) {
            known.roles.remove(organisation);
        }
    }

    /// An organisation is suspended since then, or not any more.
    pub fn suspend_organisation(&self, organisation: &OrganisationId, since: Option<Timestamp>) {
        let suspended = &mut self.write().suspended_organisations;
        match since {
            Some(since) => suspended.insert(organisation.clone(), since),
            None => suspended.remove(organisation),
        };
    }

    fn read(&self) -> RwLockReadGuard<'_, Present> {
        // Each change is one insertion or removal, so a panic elsewhere cannot have left it half done.
        self.present.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Present> {
        self.present.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    fn token(&self, digest: &KeyDigest) -> Option<&UserToken> {
        self.tokens.get(&beginning(digest))?.iter().find(|known| known.digest == *digest)
    }
}

fn beginning(digest: &KeyDigest) -> [u8; 8] {
    *digest.0.first_chunk().expect("32 bytes begin with eight")
}

#[cfg(test)]
mod tests {
    use domain::{OrganisationId, Timestamp, UserId, UserTokenId};

    use super::{TokenRefusal, UserDirectory};
    use crate::keys::KeyHasher;
    use crate::tenancy::{Membership, Role, User, UserToken};

    const NOW: Timestamp = Timestamp(1_795_219_200_000);
    const LATER: Timestamp = Timestamp(1_795_219_200_001);

    fn ada() -> User {
        User {
            id: UserId::parse("user_ada").unwrap(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            created_at: NOW,
            suspended_at: None,
        }
    }

    fn token(directory: &UserDirectory, text: &str) -> UserToken {
        UserToken {
            id: UserTokenId::parse("utok_1").unwrap(),
            user: ada().id,
            name: "laptop".to_owned(),
            hint: "bwu_…".to_owned(),
            digest: directory.digest(text),
            created_at: NOW,
            expires_at: Some(LATER),
            revoked_at: None,
            last_used_at: None,
        }
    }

    #[test]
    fn a_token_leads_to_its_user_and_what_he_is() {
        let directory = UserDirectory::new(KeyHasher::new(&[1; 32]));
        directory.put_user(&ada());
        directory.put_token(&token(&directory, "bwu_right"));
        let organisation = OrganisationId::implicit();
        let role = Role::Admin;
        let member = Membership { organisation: organisation.clone(), user: ada().id, role, since: NOW };
        directory.put_member(&member);
        directory.suspend_organisation(&organisation, Some(NOW));
        let found = directory.find("bwu_right", NOW).unwrap();
        assert_eq!((&found.user, found.token.as_str()), (&ada(), "utok_1"));
        let [seat] = found.seats.as_slice() else { panic!("{found:?}") };
        assert_eq!((&seat.organisation, seat.role, seat.is_suspended), (&organisation, Role::Admin, true));
        directory.suspend_organisation(&organisation, None);
        assert!(!directory.find("bwu_right", NOW).unwrap().seats[0].is_suspended);
        directory.put_user(&User { name: "Countess".to_owned(), ..ada() });
        assert_eq!(directory.find("bwu_right", NOW).unwrap().seats.len(), 1, "a new name takes no role");
        directory.remove_member(&organisation, &ada().id);
        assert!(directory.find("bwu_right", NOW).unwrap().seats.is_empty());
    }

    #[test]
    fn a_refusal_says_what_is_wrong_with_the_token() {
        let directory = UserDirectory::new(KeyHasher::new(&[1; 32]));
        assert_eq!(directory.find("bwu_right", NOW), Err(TokenRefusal::Unknown));
        let good = token(&directory, "bwu_right");
        directory.put_token(&good);
        assert_eq!(directory.find("bwu_right", NOW), Err(TokenRefusal::Unknown), "nobody's");
        directory.put_user(&ada());
        assert!(directory.find("bwu_right", NOW).is_ok());
        assert_eq!(directory.find("bwu_wrong", NOW), Err(TokenRefusal::Unknown));
        assert_eq!(
            directory.find("bwu_right", LATER),
            Err(TokenRefusal::Expired { id: good.id.clone(), at: LATER })
        );
        directory.put_user(&User { suspended_at: Some(NOW), ..ada() });
        assert_eq!(directory.find("bwu_right", NOW), Err(TokenRefusal::Suspended { id: ada().id, at: NOW }));
        directory.put_token(&UserToken { revoked_at: Some(NOW), ..good.clone() });
        assert_eq!(directory.find("bwu_right", LATER), Err(TokenRefusal::Revoked { id: good.id, at: NOW }));
    }

    #[test]
    fn a_callers_key_and_a_token_never_have_one_digest() {
        let hasher = KeyHasher::new(&[1; 32]);
        let directory = UserDirectory::new(hasher.clone());
        assert_ne!(directory.digest("bwu_right"), hasher.digest("bwu_right"));
    }
}
