//! One channel, one file: how it wants a message written down.

pub(crate) mod dingtalk;
pub(crate) mod discord;
pub(crate) mod feishu;
pub(crate) mod low_balance;
pub(crate) mod pagerduty;
#[cfg(test)]
pub(crate) mod samples;
mod signature;
pub(crate) mod slack;
pub(crate) mod telegram;
pub(crate) mod webhook;
pub(crate) mod wecom;
