//! Where vouchers are made, redeemed and taken back. That each gives once is the ledger's doing: the key of its entry is its
//! number.

use std::sync::Arc;

use domain::{Secret, Timestamp};
use ledger::{NOTE_BYTES_MAX, fit_amount, payments};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::error::VoucherError;
use super::voucher::{
    IssuedVoucher, NewVouchers, VOUCHER_CREDIT_DAYS_MAX, VOUCHERS_AT_ONCE_MAX, Voucher, VoucherState,
};
use super::{code, sql};
use crate::accounts::{AccountDesk, AccountError, Payer, lapse};
use crate::audit;
use crate::database::Database;
use crate::keys::{KeyDigest, KeyHasher};
use crate::ledger::PostError;
use crate::tenancy::Deed;

/// Most in one answer.
pub const VOUCHERS_PER_PAGE_MAX: u32 = 1_000;
/// Keeps a code's digest from being that of anything else that is digested.
const PURPOSE: &str = "voucher";

/// Makes, redeems and takes back vouchers.
#[derive(Debug)]
pub struct VoucherDesk {
    database: Database,
    hasher: KeyHasher,
    accounts: Arc<AccountDesk>,
    /// Held from looking at a voucher to noting what became of it: none is revoked while it is redeemed.
    changing: Mutex<()>,
}

impl VoucherDesk {
    /// The desk of a database.
    pub fn new(database: Database, hasher: KeyHasher, accounts: Arc<AccountDesk>) -> Self {
        Self { database, hasher, accounts, changing: Mutex::new(()) }
    }

    /// Makes some, all alike. Their codes are told this once.
    pub async fn create(&self, wish: NewVouchers, deed: &Deed) -> Result<Vec<IssuedVoucher>, VoucherError> {
        let NewVouchers { count, amount, currency, credit_days, expires_at, note } = wish;
        if !(1..=VOUCHERS_AT_ONCE_MAX).contains(&count) {
            return Err(VoucherError::BadCount(count));
        }
        let amount = fit_amount(amount)?;
        if let Some(days) = credit_days.filter(|days| !(1..=VOUCHER_CREDIT_DAYS_MAX).contains(days)) {
            return Err(VoucherError::BadDays(days));
        }
        if expires_at.is_some_and(|at| at <= deed.at) {
            return Err(VoucherError::BadExpiry);
        }
        if note.len() > NOTE_BYTES_MAX {
            return Err(VoucherError::BadNote);
        }
        let _alone = self.changing.lock().await;
        let mut transaction = self.database.begin().await?;
        let first = sql::next_number(&mut transaction).await?;
        let mut issued = Vec::with_capacity(count as usize);
        for number in first..first + u64::from(count) {
            let code = code::new_code();
            let voucher = Voucher {
                number,
                hint: code::hint(&code),
                amount,
                currency,
                credit_days,
                note: note.clone(),
                created_at: deed.at,
                expires_at,
                revoked_at: None,
                redeemed_at: None,
                account: None,
            };
            let digest = self.digest(&code).ok_or(VoucherError::NotRedeemable)?;
            sql::insert(&mut transaction, &voucher, &digest).await?;
            issued.push(IssuedVoucher { voucher, code: Secret::new(code) });
        }
        let after = json!({
            "first": first,
            "count": count,
            "amount": amount.to_string(),
            "currency": currency.code(),
            "credit_days": credit_days,
            "expires_at": expires_at.map(Timestamp::rfc3339),
            "note": note,
        });
        let entry = deed.entry("voucher.create", &first.to_string(), None, &Value::Null, &after);
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        Ok(issued)
    }

    /// Up to `count`, the newest first, of those before `before`.
    pub async fn list(&self, before: Option<u64>, count: u32) -> Result<Vec<Voucher>, VoucherError> {
        let mut from = self.database.pool.acquire().await?;
        Ok(sql::list(&mut from, before, count.min(VOUCHERS_PER_PAGE_MAX)).await?)
    }

    /// Takes one back: its code gives nothing from now on.
    pub async fn revoke(&self, number: &str, deed: &Deed) -> Result<Voucher, VoucherError> {
        let unknown = || VoucherError::Unknown(number.to_owned());
        let wanted: u64 = number.parse().map_err(|_| unknown())?;
        let _alone = self.changing.lock().await;
        let mut transaction = self.database.begin().await?;
        let before = sql::by_number(&mut transaction, wanted).await?.ok_or_else(unknown)?;
        if let state @ (VoucherState::Redeemed | VoucherState::Revoked) = before.state(deed.at) {
            return Err(VoucherError::Over { number: wanted, state: state.name() });
        }
        let after = Voucher { revoked_at: Some(deed.at), ..before.clone() };
        sql::set_revoked(&mut transaction, wanted, deed.at).await?;
        let (was, is) = (before.json(deed.at), after.json(deed.at));
        audit::write(&mut transaction, &deed.entry("voucher.revoke", number, None, &was, &is)).await?;
        transaction.commit().await?;
        Ok(after)
    }

    /// Gives what a code is worth to an account, once, and returns when that is on the disk.
    pub async fn redeem(&self, written: &str, payer: &Payer, deed: &Deed) -> Result<Voucher, VoucherError> {
        let digest = self.digest(written).ok_or(VoucherError::NotRedeemable)?;
        let _alone = self.changing.lock().await;
        let found = sql::by_digest(&mut *self.database.pool.acquire().await?, &digest).await?;
        let before =
            found.filter(|it| it.state(deed.at) == VoucherState::Open).ok_or(VoucherError::NotRedeemable)?;
        let (gives, has) = (before.currency, payer.account.currency);
        if gives != has {
            return Err(VoucherError::OtherCurrency { gives, has });
        }
        let account = payer.account.number.0;
        match self.post(&before, payer, deed.at).await {
            Ok(()) => {}
            // A crash came between the entry and its note here.
            Err(VoucherError::Account(AccountError::Post(PostError::Repeated(_)))) => {
                let mut to = self.database.pool.acquire().await?;
                sql::set_redeemed(&mut to, before.number, deed.at, None).await?;
                return Err(VoucherError::NotRedeemable);
            }
            Err(error) => return Err(error),
        }
        let after = Voucher { redeemed_at: Some(deed.at), account: Some(account), ..before.clone() };
        let mut transaction = self.database.begin().await?;
        sql::set_redeemed(&mut transaction, before.number, deed.at, Some(account)).await?;
        let organisation = Some(&payer.account.organisation);
        let subject = before.number.to_string();
        let (was, is) = (before.json(deed.at), after.json(deed.at));
        audit::write(&mut transaction, &deed.entry("voucher.redeem", &subject, organisation, &was, &is))
            .await?;
        transaction.commit().await?;
        Ok(after)
    }

    async fn post(&self, voucher: &Voucher, payer: &Payer, now: Timestamp) -> Result<(), VoucherError> {
        let grant = self.accounts.next_grant().await?;
        let id = voucher.number.to_string();
        let ends = lapse(now, voucher.credit_days);
        let entry = payments::voucher(&id, payer.account.purse(), grant, voucher.amount, ends)?;
        let ledger = self.accounts.opened(now).await?;
        ledger.post(&self.database, entry, now).await.map_err(AccountError::from)?;
        Ok(())
    }

    fn digest(&self, written: &str) -> Option<KeyDigest> {
        code::meant(written).map(|code| KeyDigest(self.hasher.mark(PURPOSE, &code)))
    }
}
