//! Which calls a report is of, and by what they are parted: what is said becomes a query, or a refusal that names the field.

use std::collections::{HashMap, HashSet};

use domain::Kind;
use serde::Deserialize;
use store::{
    Dimension, KEYS_PER_PAGE_MAX, KeyFilter, KeyTags, REPORT_DIMENSIONS_MAX, Reach, ReportQuery, StatusWish,
};

use super::span::{Said, shortened};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// Keys that are looked through for a tag.
const TAGGED_KEYS_MAX: usize = 200_000;
/// Longest text that something is chosen by.
const WORD_CHARS_MAX: usize = 256;

/// What a question says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wanted {
    pub(crate) date: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) tz: Option<String>,
    pub(crate) step: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) served: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) organisation: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) service: Option<String>,
}

impl Wanted {
    /// What it says of time.
    pub(crate) fn said(&self) -> Said<'_> {
        let Self { date, from, to, tz, .. } = self;
        Said { date: date.as_deref(), from: from.as_deref(), to: to.as_deref(), tz: tz.as_deref() }
    }

    /// Refuses what cannot be said here, rather than leaving it out.
    pub(crate) fn refuse(&self, names: &[&'static str], of: &str) -> Result<(), Refusal> {
        let Self { from, to, step, by, format, .. } = self;
        for (name, said) in [("from", from), ("to", to), ("step", step), ("by", by), ("format", format)] {
            if said.is_some() && names.contains(&name) {
                let message = format!("{name} cannot be said {of}");
                return Err(Refusal::of(Kind::BadRequest, message).with_param(name));
            }
        }
        Ok(())
    }

    /// What it chooses and parts by, within reach; without windows.
    pub(crate) async fn query(&self, parts: &AdminParts, reach: &Reach) -> Result<ReportQuery, Refusal> {
        let (by, by_tag) = self.by()?;
        let tags = match by_tag {
            Some(name) => tags(parts, reach, &name).await?,
            None => HashMap::new(),
        };
        let keys = match &self.tag {
            Some(tag) => Some(tagged(parts, reach, tag).await?),
            None => None,
        };
        let equal = [
            (Dimension::Model, &self.model),
            (Dimension::Provider, &self.provider),
            (Dimension::Served, &self.served),
            (Dimension::Region, &self.region),
            (Dimension::Organisation, &self.organisation),
            (Dimension::Project, &self.project),
            (Dimension::Key, &self.key),
            (Dimension::Error, &self.error),
            (Dimension::Service, &self.service),
        ];
        let mut chosen = Vec::new();
        for (dimension, text) in equal {
            let Some(text) = text else { continue };
            if text.chars().count() > WORD_CHARS_MAX {
                let name = dimension.name();
                let message = format!("{name} must have {WORD_CHARS_MAX} characters at most");
                return Err(Refusal::of(Kind::BadRequest, message).with_param(name));
            }
            // What is told as standard is kept as nothing.
            let is_usual = dimension == Dimension::Service && text == "standard";
            chosen.push((dimension, if is_usual { String::new() } else { text.clone() }));
        }
        let status = crate::wanted::read(
            "status",
            self.status.clone(),
            StatusWish::parse,
            "a status such as 429, or 4xx",
        )?;
        Ok(ReportQuery {
            by,
            equal: chosen,
            status,
            keys,
            tags,
            organisations: match reach {
                Reach::All => None,
                Reach::Within(organisations) => Some(organisations.to_vec()),
            },
            ..ReportQuery::default()
        })
    }

    /// What calls are parted by, and the name of the tag, if that is one of it.
    fn by(&self) -> Result<(Vec<Dimension>, Option<String>), Refusal> {
        let (mut by, mut tag) = (Vec::new(), None);
        let refused = |message: String| Err(Refusal::of(Kind::BadRequest, message).with_param("by"));
        for name in self.by.iter().flat_map(|text| text.split(',')).filter(|name| !name.is_empty()) {
            let dimension = match name.split_once(':') {
                Some(("tag", of)) if !of.is_empty() => {
                    tag = Some(of.to_owned());
                    Dimension::Tag
                }
                _ => match Dimension::parse(name) {
                    Some(Dimension::Tag) => return refused("by=tag needs a name: tag:NAME".to_owned()),
                    Some(dimension) => dimension,
                    None => {
                        let known: Vec<&str> = Dimension::SAID.map(Dimension::name).to_vec();
                        let known = known.join(", ").replace("tag", "tag:NAME");
                        return refused(format!("by must be of {known}, not {:?}", shortened(name)));
                    }
                },
            };
            if by.contains(&dimension) {
                return refused(format!("by names {} twice", dimension.name()));
            }
            by.push(dimension);
        }
        if by.len() > REPORT_DIMENSIONS_MAX {
            return refused(format!("by takes {REPORT_DIMENSIONS_MAX} at most, not {}", by.len()));
        }
        Ok((by, tag))
    }
}

/// Whether what accounts paid can be told of what is chosen: of organisations and projects alone.
pub(crate) fn is_reconciled(query: &ReportQuery) -> bool {
    let is_owner = |(dimension, _): &(Dimension, String)| {
        matches!(dimension, Dimension::Organisation | Dimension::Project)
    };
    !query.is_fine && query.keys.is_none() && query.status.is_none() && query.equal.iter().all(is_owner)
}

/// The keys that have a tag now.
async fn tagged(parts: &AdminParts, reach: &Reach, tag: &str) -> Result<HashSet<String>, Refusal> {
    let tag = KeyTags::parse_one(tag)
        .map_err(|message| Refusal::of(Kind::BadRequest, message).with_param("tag"))?;
    let filter = KeyFilter { tag: Some(tag), ..KeyFilter::default() };
    let mut keys = HashSet::new();
    each_key(parts, reach, &filter, "tag", |key| {
        keys.insert(key.id.as_str().to_owned());
    })
    .await?;
    Ok(keys)
}

/// What each key has under the name of a tag now.
async fn tags(parts: &AdminParts, reach: &Reach, name: &str) -> Result<HashMap<String, String>, Refusal> {
    let mut tags = HashMap::new();
    each_key(parts, reach, &KeyFilter::default(), "by", |key| {
        if let Some((_, value)) = key.tags.iter().find(|(known, _)| *known == name) {
            tags.insert(key.id.as_str().to_owned(), value.to_owned());
        }
    })
    .await?;
    Ok(tags)
}

async fn each_key(
    parts: &AdminParts,
    reach: &Reach,
    filter: &KeyFilter,
    param: &'static str,
    mut each: impl FnMut(&store::CallerKey),
) -> Result<(), Refusal> {
    let (mut after, mut seen) = (None, 0);
    loop {
        let page = parts.key_desk.list(filter, after.as_ref(), KEYS_PER_PAGE_MAX, reach).await;
        let page = page.map_err(|error| Refusal::of(Kind::Internal, error.to_string()))?;
        page.iter().for_each(&mut each);
        seen += page.len();
        if seen > TAGGED_KEYS_MAX {
            let message = format!("tags are looked for among {TAGGED_KEYS_MAX} keys, and there are more");
            return Err(Refusal::of(Kind::BadRequest, message).with_param(param));
        }
        match page.last() {
            Some(last) if page.len() == KEYS_PER_PAGE_MAX as usize => after = Some(last.id.clone()),
            _ => return Ok(()),
        }
    }
}
