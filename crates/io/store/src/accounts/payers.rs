//! Who pays for a key's calls, found in memory. Immutable: a change puts another in its place.

use std::sync::Arc;

use domain::{Money, OrganisationId, ProjectId};
use serde_json::{Value, json};

use super::account::Account;
use super::shared_map::SharedMap;
use crate::keys::KeyEntry;
use crate::ledger::{Cell, Ledger};

/// An account with what is left of it.
#[derive(Debug)]
pub struct Payer {
    /// The account.
    pub account: Account,
    /// What is left.
    pub cell: Arc<Cell>,
}

/// Every account, by whose calls it pays for.
#[derive(Clone, Debug, Default)]
pub struct Payers {
    ledger: Option<Arc<Ledger>>,
    of_projects: SharedMap<ProjectId, Arc<Payer>>,
    of_organisations: SharedMap<OrganisationId, Arc<Payer>>,
    by_number: SharedMap<u64, Arc<Payer>>,
}

impl Payer {
    /// What its owner has, or owes where it is negative.
    pub fn balance(&self) -> Money {
        self.cell.balance()
    }

    /// Whether its owner should be warned.
    pub fn is_low(&self) -> bool {
        self.balance() < self.account.warn_below
    }

    /// As it is shown; amounts are texts, so that nobody makes floats of them.
    pub fn json(&self) -> Value {
        let (account, cell) = (&self.account, &self.cell);
        json!({
            "number": account.number.0,
            "organisation": account.organisation.as_str(),
            "project": account.project.as_ref().map(ProjectId::as_str),
            "currency": account.currency.code(),
            "balance": self.balance().to_string(),
            "available": cell.available().to_string(),
            "held": cell.held().to_string(),
            "credit": cell.credit().to_string(),
            "warn_below": account.warn_below.to_string(),
            "is_low": self.is_low(),
            "created_at": account.created_at.rfc3339(),
        })
    }
}

impl Payers {
    pub(super) fn of(ledger: &Arc<Ledger>, accounts: impl IntoIterator<Item = Account>) -> Self {
        let mut payers = Self { ledger: Some(Arc::clone(ledger)), ..Self::default() };
        for account in accounts {
            payers.put(ledger, account);
        }
        payers
    }

    /// The same with one more, or in the place of the one with its number.
    pub(super) fn with(&self, ledger: &Arc<Ledger>, account: Account) -> (Self, Arc<Payer>) {
        let mut payers = Self { ledger: Some(Arc::clone(ledger)), ..self.clone() };
        let payer = payers.put(ledger, account);
        (payers, payer)
    }

    fn put(&mut self, ledger: &Arc<Ledger>, account: Account) -> Arc<Payer> {
        let cell = ledger.cells().cell(account.purse());
        let payer = Arc::new(Payer { account, cell });
        let account = &payer.account;
        match &account.project {
            Some(project) => self.of_projects.put(project.clone(), Arc::clone(&payer)),
            None => self.of_organisations.put(account.organisation.clone(), Arc::clone(&payer)),
        }
        self.by_number.put(account.number.0, Arc::clone(&payer));
        payer
    }

    /// One, by its number.
    pub(super) fn find(&self, number: u64) -> Option<&Arc<Payer>> {
        self.by_number.get(&number)
    }

    /// Who pays for a key's calls: its project if that has an account, else its organisation; nobody has to where neither has.
    pub fn payer(&self, key: &KeyEntry) -> Option<(&Arc<Ledger>, &Arc<Payer>)> {
        let ledger = self.ledger.as_ref()?;
        let own = self.of_projects.get(key.project());
        own.or_else(|| self.of_organisations.get(key.organisation())).map(|payer| (ledger, payer))
    }

    /// The account of an organisation itself, or of a project.
    pub fn payer_of(
        &self,
        organisation: &OrganisationId,
        project: Option<&ProjectId>,
    ) -> Option<&Arc<Payer>> {
        match project {
            Some(project) => self.of_projects.get(project),
            None => self.of_organisations.get(organisation),
        }
    }

    /// The ledger that they pay out of; none where nobody has an account.
    pub const fn ledger(&self) -> Option<&Arc<Ledger>> {
        self.ledger.as_ref()
    }

    /// Every account, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Payer>> {
        self.by_number.values()
    }
}
