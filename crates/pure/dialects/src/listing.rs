//! Lists of models, in the shape each kind of caller knows. Two of them ask at the same path: who asks decides.

use domain::{Failure, Kind, Timestamp};

use crate::Dialect;
use crate::json::writer::{ObjectWriter, object};

/// Most models on a page, and on a page that is not sized by its caller.
const PAGE_MODELS_MAX: usize = 1000;

/// A model that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedModel<'a> {
    /// The name to ask for.
    pub name: &'a str,
    /// Configured id of the provider that serves it first.
    pub owner: &'a str,
    /// Since when it is listed, in seconds since 1970.
    pub created: i64,
    /// Most tokens of prompt and answer together, if known.
    pub context_tokens: Option<u64>,
    /// Most tokens it generates, if known.
    pub output_tokens_max: Option<u64>,
}

/// Which part of a list is wanted; only one kind of caller reads lists in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    limit: Option<usize>,
    after: Option<String>,
    before: Option<String>,
}

impl Page {
    /// Reads `limit`, `after_id` and `before_id` of a query.
    pub fn of(query: &str) -> Result<Self, Box<Failure>> {
        let mut page = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=PAGE_MODELS_MAX).contains(limit));
                    page.limit = Some(limit.ok_or_else(|| {
                        let message = format!("'limit' must be a number from 1 to {PAGE_MODELS_MAX}");
                        Failure::new(Kind::BadRequest, message).with_param("limit")
                    })?);
                }
                "after_id" => page.after = Some(unescaped(value)),
                "before_id" => page.before = Some(unescaped(value)),
                _ => {}
            }
        }
        Ok(page)
    }

    /// The models on the page, and whether there are more behind it (or before it, if it is read backwards).
    fn cut<'m, 'a>(&self, models: &'m [ListedModel<'a>]) -> (&'m [ListedModel<'a>], bool) {
        let limit = self.limit.unwrap_or(PAGE_MODELS_MAX);
        let place = |name: &Option<String>| {
            let name = name.as_deref()?;
            models.iter().position(|model| model.name == name)
        };
        if let Some(end) = place(&self.before) {
            let start = end.saturating_sub(limit);
            return (&models[start..end], start > 0);
        }
        let start = match &self.after {
            // One that is gone has nothing behind it: whoever reads on comes to an end.
            Some(_) => place(&self.after).map_or(models.len(), |place| place + 1),
            None => 0,
        };
        let end = models.len().min(start + limit);
        (&models[start..end], end < models.len())
    }
}

/// Percent escapes undone; what is none stays as it is.
pub fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escaped = behind
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Dialect {
    /// A list of models.
    pub fn write_models(self, models: &[ListedModel<'_>], page: &Page) -> String {
        match self {
            Self::AnthropicMessages => {
                let (models, has_more) = page.cut(models);
                object(|list| {
                    list.list("data", |data| {
                        models.iter().for_each(|model| data.object(|o| paged(o, model)));
                    });
                    list.boolean("has_more", has_more);
                    list.text_or_null("first_id", models.first().map(|model| model.name));
                    list.text_or_null("last_id", models.last().map(|model| model.name));
                })
            }
            Self::OpenAiChat | Self::OpenAiResponses => object(|list| {
                list.text("object", "list");
                list.list("data", |data| models.iter().for_each(|model| data.object(|o| plain(o, model))));
            }),
        }
    }

    /// One model.
    pub fn write_model(self, model: &ListedModel<'_>) -> String {
        match self {
            Self::AnthropicMessages => object(|o| paged(o, model)),
            Self::OpenAiChat | Self::OpenAiResponses => object(|o| plain(o, model)),
        }
    }
}

fn plain(o: &mut ObjectWriter<'_>, model: &ListedModel<'_>) {
    o.text("id", model.name);
    o.text("object", "model");
    o.whole("created", model.created.unsigned_abs());
    o.text("owned_by", model.owner);
}

fn paged(o: &mut ObjectWriter<'_>, model: &ListedModel<'_>) {
    o.text("type", "model");
    o.text("id", model.name);
    o.text("display_name", model.name);
    o.text("created_at", &Timestamp(model.created * 1000).rfc3339());
    if let Some(tokens) = model.context_tokens {
        o.whole("max_input_tokens", tokens);
    }
    if let Some(tokens) = model.output_tokens_max {
        o.whole("max_tokens", tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::{ListedModel, Page};
    use crate::Dialect;

    const MODELS: [&str; 3] = ["a", "b/c:7b", "d"];

    fn listed(query: &str) -> serde_json::Value {
        let models = MODELS.map(|name| ListedModel {
            name,
            owner: "acme",
            created: 1_700_000_000,
            context_tokens: (name == "a").then_some(200_000),
            output_tokens_max: (name == "a").then_some(64_000),
        });
        let page = Page::of(query).unwrap();
        serde_json::from_str(&Dialect::AnthropicMessages.write_models(&models, &page)).unwrap()
    }

    fn names(list: &serde_json::Value) -> Vec<&str> {
        list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect()
    }

    #[test]
    fn pages_are_cut_forwards_and_backwards() {
        let all = listed("");
        assert_eq!((names(&all), all["has_more"].as_bool()), (MODELS.to_vec(), Some(false)));
        assert_eq!(all["data"][0]["created_at"], "2023-11-14T22:13:20.000Z");
        assert_eq!(all["data"][0]["max_input_tokens"], 200_000);
        assert_eq!(all["data"][0]["max_tokens"], 64_000);
        assert!(all["data"][1].get("max_tokens").is_none());
        let first = listed("limit=2");
        assert_eq!((names(&first), first["has_more"].as_bool()), (vec!["a", "b/c:7b"], Some(true)));
        assert_eq!((first["first_id"].as_str(), first["last_id"].as_str()), (Some("a"), Some("b/c:7b")));
        assert_eq!(names(&listed("limit=2&after_id=b%2fc%3A7b")), ["d"]);
        assert_eq!(names(&listed("before_id=d&limit=1")), ["b/c:7b"]);
        let behind_nobody = listed("limit=1&after_id=gone");
        assert_eq!((names(&behind_nobody).len(), behind_nobody["has_more"].as_bool()), (0, Some(false)));
        assert!(Page::of("limit=0").is_err() && Page::of("limit=x").is_err());
    }
}
