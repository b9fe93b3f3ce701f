//! An entry that is written in one word where a word says enough, else as a mapping.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

/// One word, or parts.
#[derive(Debug)]
pub(crate) enum WordOr<P> {
    Word(String),
    Parts(Box<P>),
}

/// Parts that one word can stand for.
pub(crate) trait InOneWord {
    /// What the entry is called in the schema.
    const ENTRY: &'static str;
    /// What it is, and what the word says.
    const DESCRIPTION: &'static str;
}

impl<'de, P: Deserialize<'de>> Deserialize<'de> for WordOr<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrVisitor(PhantomData))
    }
}

struct WordOrVisitor<P>(PhantomData<P>);

impl<'de, P: Deserialize<'de>> Visitor<'de> for WordOrVisitor<P> {
    type Value = WordOr<P>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a mapping")
    }

    fn visit_str<E>(self, text: &str) -> Result<WordOr<P>, E> {
        Ok(WordOr::Word(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<WordOr<P>, A::Error> {
        P::deserialize(MapAccessDeserializer::new(access)).map(Box::new).map(WordOr::Parts)
    }
}

impl<P: InOneWord + JsonSchema> JsonSchema for WordOr<P> {
    fn schema_name() -> Cow<'static, str> {
        P::ENTRY.into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let parts = generator.subschema_for::<P>();
        json_schema!({ "description": P::DESCRIPTION, "anyOf": [{ "type": "string" }, parts] })
    }
}
