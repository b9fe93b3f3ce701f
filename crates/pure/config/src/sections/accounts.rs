//! `accounts`: what new organisations get, and who is told of low balances. Keeping accounts is done elsewhere.

use domain::{BaseUrl, Money, NANO};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::secret_source::{Credential, resolve};
use crate::shown;
use crate::sources::Sources;

/// The most that is given to who signs up.
const SIGN_UP_CREDIT_MAX: Money = Money::from_nano(1_000_000 * NANO);
/// Who sign up with addresses of one domain in thirty days and are given something, unless configured.
const PER_EMAIL_DOMAIN_MAX_DEFAULT: u32 = 5;
/// The same from one network address.
const PER_IP_MAX_DEFAULT: u32 = 2;

/// Accounts of money. Read at the start.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountsSection {
    /// What an organisation that is made by the admin API has from its first moment; default `none`.
    new_organisations: Option<NewOrganisations>,
    /// What it is given when its first owner has used his token for the first time, such as "5", in the currency of the
    /// prices; nothing by default. Needs `new_organisations: prepaid`.
    sign_up_credit: Option<String>,
    /// After how many days what is left of that lapses; never by default.
    #[schemars(range(min = 1, max = 3660))]
    sign_up_credit_days: Option<u32>,
    /// How often it is given to addresses of one domain in thirty days; default 5.
    #[schemars(range(min = 1, max = 1_000_000))]
    per_email_domain_max: Option<u32>,
    /// How often it is given to one network address in thirty days, where that is known; default 2.
    #[schemars(range(min = 1, max = 1_000_000))]
    per_ip_max: Option<u32>,
    /// Where it is told that the balance of an account is low. Needs `low_balance_secret`.
    low_balance_webhook: Option<String>,
    /// What such messages are signed with: `env:NAME`, `file:/path` or `secret:NAME`.
    #[schemars(extend("writeOnly" = true))]
    low_balance_secret: Option<String>,
}

/// What an organisation has from its first moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewOrganisations {
    /// No account: it is not billed until it is given one.
    #[default]
    None,
    /// An account that is paid ahead.
    Prepaid,
}

/// What new organisations get, and who is told of low balances.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountSettings {
    /// What they have from their first moment.
    pub new_organisations: NewOrganisations,
    /// What they are given when they turn out to be somebody's.
    pub sign_up_credit: Option<Money>,
    /// After how many days that lapses.
    pub sign_up_credit_days: Option<u32>,
    /// How often in thirty days for addresses of one domain.
    pub per_email_domain_max: u32,
    /// How often in thirty days for one network address.
    pub per_ip_max: u32,
    /// Who is told of low balances.
    pub low_balance: Option<LowBalance>,
}

/// Who is told of low balances.
#[derive(Clone, Debug, PartialEq)]
pub struct LowBalance {
    /// Where.
    pub url: BaseUrl,
    /// What the message is signed with.
    pub secret: Credential,
}

impl NewOrganisations {
    /// As it is configured.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Prepaid => "prepaid",
        }
    }
}

pub(crate) fn check(
    section: Option<AccountsSection>,
    sources: &Sources<'_>,
    report: &mut Report,
) -> AccountSettings {
    let section = section.unwrap_or_default();
    let path = KeyPath::default().key("accounts");
    let new_organisations = section.new_organisations.unwrap_or_default();
    if section.sign_up_credit.is_some() && new_organisations == NewOrganisations::None {
        let hint = "add new_organisations: prepaid".to_owned();
        report.add(&path.key("sign_up_credit"), "an amount", "needs accounts that it can go to", hint);
    }
    let credit = section.sign_up_credit.and_then(|text| credit(&text, &path.key("sign_up_credit"), report));
    let url = section.low_balance_webhook.and_then(|text| webhook(&text, &path, report));
    let secret_path = path.key("low_balance_secret");
    if url.is_some() && section.low_balance_secret.is_none() {
        let hint = "add low_balance_secret: \"env:NAME\"".to_owned();
        report.add(&secret_path, "nothing", "is required for low_balance_webhook", hint);
    }
    let secret = section.low_balance_secret.and_then(|text| resolve(&text, &secret_path, sources, report));
    AccountSettings {
        new_organisations,
        sign_up_credit: credit,
        sign_up_credit_days: section.sign_up_credit_days,
        per_email_domain_max: section.per_email_domain_max.unwrap_or(PER_EMAIL_DOMAIN_MAX_DEFAULT),
        per_ip_max: section.per_ip_max.unwrap_or(PER_IP_MAX_DEFAULT),
        low_balance: url.zip(secret).map(|(url, secret)| LowBalance { url, secret }),
    }
}

fn credit(text: &str, path: &KeyPath, report: &mut Report) -> Option<Money> {
    let fit = |amount: &Money| *amount > Money::ZERO && *amount <= SIGN_UP_CREDIT_MAX;
    let read = Money::parse(text).filter(fit);
    if read.is_none() {
        let message = format!("must be an amount above 0 and at most {SIGN_UP_CREDIT_MAX}, such as \"5\"");
        report.add(path, shown::text(text), message, None);
    }
    read
}

fn webhook(text: &str, path: &KeyPath, report: &mut Report) -> Option<BaseUrl> {
    BaseUrl::parse(text)
        .map_err(|error| {
            report.add(&path.key("low_balance_webhook"), shown::text(text), error.to_string(), None);
        })
        .ok()
}
