//! What operators are told of: rules make findings of facts, the board makes alerts of findings, and channels have their own
//! ways of writing them down. Decisions only: `now` is an argument, facts are gathered, messages are sent and everything is kept
//! elsewhere.

mod alert;
mod board;
mod channel;
mod channels;
mod exchange;
mod facts;
mod finding;
mod judge;
mod notice;
mod retry;
mod rule;
mod silence;
mod spend;
mod terms;
mod window;
mod words;

pub use alert::{Alert, AlertState, Told};
pub use board::{ALERTS_OF_RULE_MAX, Board, RESOLVED_KEPT_MS};
pub use channel::{Address, Channel, Mail, MailTls, Way};
pub use exchange::{Ask, Mac, Outcome, ask, outcome};
pub use facts::{
    AccountFact, BalanceFact, BudgetFact, Counts, Facts, KeyFact, LATENCIES_MAX, Part, SpendFact,
    UnpricedFact,
};
pub use finding::{Finding, Findings};
pub use judge::judge;
pub use notice::{Event, Item, Notice};
pub use retry::{TRIED_FOR_MS, WAIT_MAX_MS, next_try_ms};
pub use rule::{Rule, Severity};
pub use silence::{SILENCE_SECONDS_MAX, Silence};
pub use spend::SpendSeries;
pub use terms::{RuleTerms, Terms, Timing};
pub use window::Windows;
pub use words::{subject, text};
