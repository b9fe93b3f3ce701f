//! The TLS settings of all lines: the system's certificates, HTTP/1.1 by ALPN.

use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;

/// Made on first use: reading the system's certificates takes memory and time that a gateway without TLS upstreams need
/// not spend. It fails where the system has none, and is tried again the next time.
pub(crate) fn settings() -> Result<Arc<ClientConfig>, rustls::Error> {
    static SETTINGS: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(settings) = SETTINGS.get() {
        return Ok(settings.clone());
    }
    let mut settings = ClientConfig::with_platform_verifier()?;
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(SETTINGS.get_or_init(|| Arc::new(settings)).clone())
}
