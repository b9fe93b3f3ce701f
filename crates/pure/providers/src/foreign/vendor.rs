//! A vendor as another gateway knows it, and as we do.

use serde::Deserialize;

use crate::provider::{COMPATIBLE, Provider};
use crate::{all, find};

/// A vendor under the name that another gateway has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignVendor {
    /// That name.
    pub name: &'static str,
    /// What it is here, or why it is nothing here.
    pub spoken: Result<Spoken, &'static str>,
}

/// A vendor that can be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// What the catalogue calls it.
    pub kind: &'static Provider,
    /// The kind at an address on another host than the catalogue's.
    pub kind_elsewhere: &'static Provider,
    /// Where the other gateway goes unless told otherwise, if it names an address; without what it appends.
    pub base_url: Option<&'static str>,
    /// What the other gateway appends to an address.
    pub append: &'static str,
    /// The variable that the other gateway takes the key from, if it takes one.
    pub key_variable: Option<&'static str>,
    /// The address that is given leads to the vendor's own dialect, and is of no use here.
    pub is_native_elsewhere: bool,
    /// The address that is given is that of a whole request.
    pub is_whole_url: bool,
    /// What changes with the move.
    pub note: Option<&'static str>,
}

/// An entry of the files.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Entry {
    /// LiteLLM's words for it.
    pub(super) names: Vec<String>,
    /// How the models begin that LiteLLM takes for its.
    pub(super) bare: Vec<String>,
    /// The number that new-api or one-api has for it.
    #[serde(rename = "type")]
    pub(super) number: i64,
    /// What their consoles call it.
    pub(super) name: String,
    kind: String,
    elsewhere: Option<String>,
    base_url: Option<String>,
    append: String,
    key: Option<String>,
    native: bool,
    whole_url: bool,
    note: Option<String>,
    unspoken: Option<String>,
}

impl Entry {
    /// Lives as long as the process: to be called once for each entry.
    pub(super) fn into_vendor(self) -> ForeignVendor {
        let name = self.names.first().unwrap_or(&self.name).clone().leak();
        let spoken = match self.unspoken {
            Some(why) => Err(&*why.leak()),
            None => match find(&self.kind) {
                Some(kind) => Ok(self.into_spoken(kind)),
                None => Err("it is not in the catalogue"),
            },
        };
        ForeignVendor { name, spoken }
    }

    fn into_spoken(self, kind: &'static Provider) -> Spoken {
        let named = |name: String| find(&name).unwrap_or(&COMPATIBLE);
        Spoken {
            kind,
            kind_elsewhere: self.elsewhere.map_or(kind, named),
            base_url: self.base_url.map(|url| &*url.leak()),
            append: self.append.leak(),
            key_variable: self.key.map(|name| &*name.leak()).or(kind.key_variables.first().copied()),
            is_native_elsewhere: self.native,
            is_whole_url: self.whole_url,
            note: self.note.map(|note| &*note.leak()),
        }
    }
}

impl Spoken {
    /// The address that the other gateway would ask, up to where `/chat/completions` begins. `given` is what its
    /// configuration says, if it says one. `None` means the catalogue's own address.
    pub fn base_url(&self, given: Option<&str>) -> Option<String> {
        let text = match given {
            Some(text) => text,
            None => self.base_url?,
        };
        let text = text.trim().trim_end_matches('/');
        Some(if text.ends_with(self.append) { text.to_owned() } else { format!("{text}{}", self.append) })
    }

    /// What it is at this address, and the address again where it is not that kind's own. A vendor of the catalogue is
    /// known by its address, under whatever name the other gateway has it.
    pub fn at(&self, base_url: Option<String>) -> (&'static Provider, Option<String>) {
        let Some(url) = base_url else { return (self.kind, None) };
        let is_there = |kind: &&'static Provider| kind.base_url == Some(url.as_str());
        let known = Some(self.kind).filter(is_there).or_else(|| all().iter().copied().find(is_there));
        match known {
            Some(kind) => (kind, None),
            None if host(&url) == self.kind.base_url.and_then(host) => (self.kind, Some(url)),
            None => (self.kind_elsewhere, Some(url)),
        }
    }

    /// Whether only an address makes it complete.
    pub fn needs_address(&self) -> bool {
        self.base_url.is_none() && self.kind.base_url.is_none()
    }
}

fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', ':']).next()
}
