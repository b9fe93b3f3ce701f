//! How a request proves who pays for it. Credentials are not kept here.

/// Where the credential stands. Without a credential its header is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer <credential>`.
    Bearer,
    /// `x-api-key: <credential>`.
    XApiKey,
    /// `api-key: <credential>`.
    ApiKeyHeader,
}
