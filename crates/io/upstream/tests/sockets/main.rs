//! The client over real sockets, against servers whose every byte a test decides. A test and its server take turns in
//! one task, so nothing here depends on timing.

#![cfg(test)]

mod ahead;
mod answers;
mod connecting;
mod early_answers;
mod http_proxies;
mod hyper_agrees;
mod names;
mod paths;
mod racing;
mod reuse;
mod sending;
mod server;
mod socks_proxies;
mod source_addresses;
