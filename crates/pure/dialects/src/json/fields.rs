//! Reading a JSON object member by member, in order and without loss: what is not asked for stays the text it was. It
//! builds no tree, and says of every misfit where it stands.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use crate::canonical::Flaw;

/// Longest number that is told in an error message.
const NUMBER_BYTES_SHOWN: usize = 20;

/// A value and the path to it, such as `messages[3].content`.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// The JSON text.
    pub raw: &'a RawValue,
    /// Where it stands, for error messages.
    pub path: String,
}

/// The members of an object that have not been taken yet.
#[derive(Debug)]
pub struct Fields<'a> {
    path: String,
    members: Vec<Option<(Cow<'a, str>, &'a RawValue)>>,
}

impl<'a> Item<'a> {
    /// The whole of a body.
    pub fn of_body(body: &'a [u8]) -> Result<Self, Flaw> {
        let raw = serde_json::from_slice(body)
            .map_err(|error| Flaw::new("", format!("the body is not JSON: {error}")))?;
        Ok(Self { raw, path: String::new() })
    }

    /// A value at a path.
    pub fn at(raw: &'a RawValue, path: impl Into<String>) -> Self {
        Self { raw, path: path.into() }
    }

    /// The JSON text as it was written.
    pub fn text(&self) -> &'a str {
        self.raw.get()
    }

    /// Whether it is written as text in quotes.
    pub fn is_text(&self) -> bool {
        self.text().starts_with('"')
    }

    /// Whether it is an array.
    pub fn is_list(&self) -> bool {
        self.text().starts_with('[')
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        self.text().starts_with('{')
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.text() == "null"
    }

    /// A text.
    pub fn string(&self) -> Result<Cow<'a, str>, Flaw> {
        if !self.is_text() {
            return Err(self.misfit("a string"));
        }
        let text: Text<'a> = serde_json::from_str(self.text())
            .map_err(|_| self.flaw("has an escape that stands for no character"))?;
        Ok(text.0)
    }

    /// True or false.
    pub fn boolean(&self) -> Result<bool, Flaw> {
        match self.text() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.misfit("true or false")),
        }
    }

    /// A whole number that is not negative.
    pub fn whole(&self) -> Result<u64, Flaw> {
        self.text().parse().map_err(|_| self.misfit("a whole number from 0 on"))
    }

    /// Any number, as its text: nothing of it is rounded.
    pub fn number(&self) -> Result<&'a str, Flaw> {
        let is_number = self.text().starts_with(|c: char| c == '-' || c.is_ascii_digit());
        if is_number { Ok(self.text()) } else { Err(self.misfit("a number")) }
    }

    /// The entries of an array.
    pub fn list(&self) -> Result<Vec<Item<'a>>, Flaw> {
        if !self.is_list() {
            return Err(self.misfit("an array"));
        }
        let raws: Vec<&'a RawValue> =
            serde_json::from_str(self.text()).map_err(|_| self.misfit("an array"))?;
        let item = |(place, raw)| Item { raw, path: format!("{}[{place}]", self.path) };
        Ok(raws.into_iter().enumerate().map(item).collect())
    }

    /// The members of an object; of a name that stands twice the last one counts, as with nearly every parser.
    pub fn fields(&self) -> Result<Fields<'a>, Flaw> {
        if !self.is_object() {
            return Err(self.misfit("an object"));
        }
        let members: Members<'a> = serde_json::from_str(self.text()).map_err(|_| self.misfit("an object"))?;
        Ok(Fields { path: self.path.clone(), members: members.0.into_iter().map(Some).collect() })
    }

    /// That it should be something else.
    pub fn misfit(&self, wanted: &str) -> Flaw {
        let found = match self.text().as_bytes().first() {
            Some(b'"') => "a string",
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "null",
            // Which number tells more, where a number is wanted, too.
            _ if self.text().len() <= NUMBER_BYTES_SHOWN => self.text(),
            _ => "a number",
        };
        self.flaw(format!("must be {wanted}, not {found}"))
    }

    /// A flaw of this value; the message begins behind the path.
    pub fn flaw(&self, message: impl fmt::Display) -> Flaw {
        let name = if self.path.is_empty() { "the body".to_owned() } else { format!("'{}'", self.path) };
        Flaw::new(&self.path, format!("{name} {message}"))
    }
}

impl<'a> Fields<'a> {
    /// Takes a member out; null counts as absent.
    pub fn take(&mut self, name: &str) -> Option<Item<'a>> {
        let found = self
            .members
            .iter()
            .rposition(|member| member.as_ref().is_some_and(|(known, _)| known == name))?;
        let (_, raw) = self.members[found].take()?;
        let item = Item { raw, path: self.path_of(name) };
        (!item.is_null()).then_some(item)
    }

    /// Takes a member that must be there.
    pub fn need(&mut self, name: &str) -> Result<Item<'a>, Flaw> {
        let path = self.path_of(name);
        self.take(name).ok_or_else(|| Flaw::new(&path, format!("'{path}' is required")))
    }

    /// Takes a text.
    pub fn string(&mut self, name: &str) -> Result<Option<Cow<'a, str>>, Flaw> {
        self.take(name).map(|item| item.string()).transpose()
    }

    /// Takes true or false.
    pub fn boolean(&mut self, name: &str) -> Result<Option<bool>, Flaw> {
        self.take(name).map(|item| item.boolean()).transpose()
    }

    /// Takes a whole number.
    pub fn whole(&mut self, name: &str) -> Result<Option<u64>, Flaw> {
        self.take(name).map(|item| item.whole()).transpose()
    }

    /// Takes a number, as its text.
    pub fn number(&mut self, name: &str) -> Result<Option<String>, Flaw> {
        self.take(name).map(|item| item.number().map(str::to_owned)).transpose()
    }

    /// Takes an array.
    pub fn list(&mut self, name: &str) -> Result<Option<Vec<Item<'a>>>, Flaw> {
        self.take(name).map(|item| item.list()).transpose()
    }

    /// Takes an object.
    pub fn fields(&mut self, name: &str) -> Result<Option<Fields<'a>>, Flaw> {
        self.take(name).map(|item| item.fields()).transpose()
    }

    /// What nobody has taken, in order; members that are null say nothing.
    pub fn rest(self) -> impl Iterator<Item = (Cow<'a, str>, Item<'a>)> {
        let path = self.path;
        self.members.into_iter().flatten().filter(|(_, raw)| raw.get() != "null").map(move |(name, raw)| {
            let item = Item { raw, path: joined(&path, &name) };
            (name, item)
        })
    }

    /// Every member that nobody has taken, in order, those that are null among them.
    pub fn members(self) -> impl Iterator<Item = (Cow<'a, str>, &'a RawValue)> {
        self.members.into_iter().flatten()
    }

    /// Where a member stands.
    pub fn path_of(&self, name: &str) -> String {
        joined(&self.path, name)
    }

    /// Where the object stands.
    pub fn path(&self) -> &str {
        &self.path
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A text that is borrowed wherever it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(TextVisitor).map(Text)
    }
}

struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), raw)) = map.next_entry()? {
                    members.push((name, raw));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// The bytes behind a quoted name at the start of `text`, where a value begins; `None` where it is no name of a member.
pub(crate) fn value_behind<'t>(text: &'t [u8], quoted: &[u8]) -> Option<&'t [u8]> {
    text[quoted.len()..].trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start)
}

#[cfg(test)]
mod tests {
    use super::Item;

    #[test]
    fn members_come_out_typed_and_the_rest_stays_as_written() {
        let body = br#"{"a":"x\n","n":1e-7,"u":18446744073709551615,"o":{ "k" : [1, true] },"z":null}"#;
        let mut fields = Item::of_body(body).unwrap().fields().unwrap();
        assert_eq!(fields.string("a").unwrap().unwrap(), "x\n");
        assert_eq!(fields.number("n").unwrap().as_deref(), Some("1e-7"));
        assert_eq!(fields.whole("u").unwrap(), Some(u64::MAX));
        assert!(fields.take("z").is_none() && fields.take("missing").is_none());
        let rest: Vec<_> =
            fields.rest().map(|(name, item)| (name.into_owned(), item.text().to_owned())).collect();
        assert_eq!(rest, [("o".to_owned(), r#"{ "k" : [1, true] }"#.to_owned())]);
    }

    #[test]
    fn a_number_that_does_not_fit_is_told() {
        for (number, told) in [("-5", "-5"), ("1.5", "1.5"), ("1000000000000000000000000", "a number")] {
            let body = format!("{{\"cap\":{number}}}");
            let flaw = Item::of_body(body.as_bytes()).unwrap().fields().unwrap().whole("cap").unwrap_err();
            assert_eq!(flaw.message, format!("'cap' must be a whole number from 0 on, not {told}"));
        }
    }

    #[test]
    fn a_misfit_names_its_place() {
        let check = |body: &str, message: &str, param: &str| {
            let read = || {
                let mut fields = Item::of_body(body.as_bytes())?.fields()?;
                for item in fields.need("messages")?.list()? {
                    item.fields()?.need("role")?.string()?;
                }
                Ok::<_, crate::canonical::Flaw>(())
            };
            let flaw = read().unwrap_err();
            assert_eq!((flaw.message.as_str(), flaw.param.as_deref().unwrap_or_default()), (message, param));
        };
        check("{}", "'messages' is required", "messages");
        check(r#"{"messages":{}}"#, "'messages' must be an array, not an object", "messages");
        check(
            r#"{"messages":[{"role":"a"},{"role":7}]}"#,
            "'messages[1].role' must be a string, not 7",
            "messages[1].role",
        );
        check(r#"{"messages":[[]]}"#, "'messages[0]' must be an object, not an array", "messages[0]");
        check(
            r#"{"messages":[{"role":"\ud800"}]}"#,
            "'messages[0].role' has an escape that stands for no character",
            "messages[0].role",
        );
    }
}
