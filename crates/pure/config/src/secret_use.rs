//! Where a configuration names secrets of the gateway's own store. What they are is not known here.

/// A place of the configuration that names a secret of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUse {
    /// The secret's name.
    pub name: String,
    /// Where it is named, such as `providers.openai.credentials[0]`.
    pub path: String,
}
