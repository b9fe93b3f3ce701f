//! Every place of the database where something sealed lies, and what it was sealed for: a rotation goes by this list. A test
//! fails if a layout adds one that is not here.

/// A column of sealed bytes.
pub(super) struct SealedPlace {
    /// All rows, as `key` (a text) and `sealed`.
    pub(super) read: &'static str,
    /// Puts `$1` in the place of what lies under the key `$2`.
    pub(super) write: &'static str,
    /// What the bytes under a key were sealed for.
    pub(super) purpose: fn(&str) -> String,
}

/// Of secrets: bound to the name, so that none opens in the place of another.
pub(super) fn purpose_of_secret(name: &str) -> String {
    format!("secret {name}")
}

pub(super) const SECRETS: SealedPlace = SealedPlace {
    read: "SELECT name AS key, sealed FROM secrets ORDER BY name",
    write: "UPDATE secrets SET sealed = $1 WHERE name = $2",
    purpose: purpose_of_secret,
};

pub(super) const CONFIG_VERSIONS: SealedPlace = SealedPlace {
    read: "SELECT CAST(number AS TEXT) AS key, sealed FROM config_versions ORDER BY number",
    write: "UPDATE config_versions SET sealed = $1 WHERE CAST(number AS TEXT) = $2",
    purpose: |_| crate::configs::PURPOSE.to_owned(),
};
