//! What a key's callers may ask at: groups of paths under `/v1`, named as people name them.

/// What callers ask for, by the paths they ask at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRoute {
    /// `/v1/chat/completions`.
    Chat,
    /// `/v1/completions`.
    Completions,
    /// `/v1/responses`, and the answers that are kept there.
    Responses,
    /// `/v1/messages`, counting of tokens included.
    Messages,
    /// `/v1/embeddings`.
    Embeddings,
    /// `/v1/moderations`.
    Moderations,
    /// `/v1/images/…`.
    Images,
    /// `/v1/audio/…`.
    Audio,
    /// `/v1/rerank`.
    Rerank,
}

impl KeyRoute {
    /// All of them, each by the name that people give it.
    const NAMED: [(&str, Self); 9] = [
        ("chat", Self::Chat),
        ("completions", Self::Completions),
        ("responses", Self::Responses),
        ("messages", Self::Messages),
        ("embeddings", Self::Embeddings),
        ("moderations", Self::Moderations),
        ("images", Self::Images),
        ("audio", Self::Audio),
        ("rerank", Self::Rerank),
    ];

    /// As people write it.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, route)| *route == self).map_or("", |(name, _)| *name)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The routes that a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyRoutes(u16);

impl KeyRoutes {
    /// All there are and will be.
    pub const ANY: Self = Self(u16::MAX);

    /// These; `Err` names what is no route.
    pub fn only<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut only = 0;
        for name in names {
            let Some((_, route)) = KeyRoute::NAMED.iter().find(|(known, _)| *known == name) else {
                let known: Vec<_> = KeyRoute::NAMED.iter().map(|(name, _)| *name).collect();
                return Err(format!("{name:?} is no route; there are {}", known.join(", ")));
            };
            only |= route.bit();
        }
        if only == 0 { Err("a key must be allowed at least one route".to_owned()) } else { Ok(Self(only)) }
    }

    /// Whether it is all there are.
    pub const fn is_any(self) -> bool {
        self.0 == Self::ANY.0
    }

    /// Whether callers may ask there.
    pub const fn allow(self, route: KeyRoute) -> bool {
        self.0 & route.bit() != 0
    }

    /// Their names; `None` for all there are.
    pub fn names(self) -> Option<Vec<&'static str>> {
        let allowed = KeyRoute::NAMED.iter().filter(|(_, route)| self.allow(*route));
        (!self.is_any()).then(|| allowed.map(|(name, _)| *name).collect())
    }
}

impl Default for KeyRoutes {
    fn default() -> Self {
        Self::ANY
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyRoute, KeyRoutes};

    #[test]
    fn routes_are_allowed_by_name() {
        let routes = KeyRoutes::only(["rerank", "chat", "chat"]).unwrap();
        assert!(routes.allow(KeyRoute::Chat) && routes.allow(KeyRoute::Rerank));
        assert!(!routes.allow(KeyRoute::Images));
        assert_eq!(routes.names().unwrap(), ["chat", "rerank"]);
        assert_eq!(KeyRoutes::ANY.names(), None);
        let all = KeyRoutes::only(KeyRoute::NAMED.map(|(name, _)| name)).unwrap();
        assert!(!all.is_any(), "those that are to come are not meant");
    }

    #[test]
    fn what_is_no_route_is_refused() {
        let error = KeyRoutes::only(["chat", "Chat"]).unwrap_err();
        assert!(error.contains("\"Chat\" is no route; there are chat, "), "{error}");
        assert!(KeyRoutes::only([]).is_err());
    }
}
