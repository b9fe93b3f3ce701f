//! `admin`: where administrators connect, if not on the callers' port.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::listeners::{Listener, address};
use crate::key_path::KeyPath;
use crate::problem::Report;

/// The administrators' side.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminSection {
    /// Own address for `/admin`, such as 127.0.0.1:4001; the callers' port then answers 404 there.
    /// Default: `/admin` on the callers' port.
    listen: Option<String>,
}

/// The administrators' own address.
pub(crate) fn check(
    section: Option<AdminSection>,
    listeners: &[Listener],
    report: &mut Report,
) -> Option<SocketAddr> {
    let text = section?.listen?;
    let path = KeyPath::default().key("admin").key("listen");
    let address = address(&text, &path, report)?;
    if address.port() != 0 && listeners.iter().any(|listener| listener.address == address) {
        let hint = "leave admin.listen out to serve /admin on the callers' port".to_owned();
        report.add(&path, text, "is also the address of a listener", hint);
    }
    Some(address)
}
