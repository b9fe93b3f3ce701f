//! Whoever asks with a caller's key, which somebody else has looked at.

use std::net::IpAddr;
use std::sync::Arc;

use store::{AccountDesk, KeyEntry, Payer};

/// A caller, by his key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// His key, which is in force.
    pub key: Arc<KeyEntry>,
    /// Where he is.
    pub address: IpAddr,
}

impl Caller {
    /// Who pays for his calls, if anybody does.
    pub(super) fn payer(&self, accounts: &AccountDesk) -> Option<Arc<Payer>> {
        accounts.payers().payer(&self.key).map(|(_, payer)| Arc::clone(payer))
    }
}
