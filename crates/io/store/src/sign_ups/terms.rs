//! What new organisations get, and how often.

use domain::Money;

/// Over how many days gifts to one domain of e-mail, or one address, are counted.
pub const SIGN_UP_WINDOW_DAYS: i64 = 30;

/// What an organisation gets that is made by the admin API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUpTerms {
    /// Whether it has an account from its first moment.
    pub is_prepaid: bool,
    /// What it is given when its first owner has proved to be there.
    pub credit: Option<Money>,
    /// After how many days that lapses.
    pub credit_days: Option<u32>,
    /// How often for addresses of one domain.
    pub per_email_domain_max: u32,
    /// How often for one network address.
    pub per_ip_max: u32,
}
