//! Keys that are not there, not right, or the same.

use std::collections::BTreeSet;

use config::{Credential, Line, Provider};
use domain::BaseUrl;
use providers::{KEY_LOOKALIKES, Provider as Kind};

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::{House, is_at_home};

/// How a text begins or what it holds that somebody wrote in the place of a key.
const PLACEHOLDERS: &[&str] =
    &["your-", "your_", "changeme", "change-me", "placeholder", "xxxx", "<", "example"];

pub(super) const RULES: &[Rule] = &[
    Rule::new("no_key", Weight::Error, "a vendor that wants a key, and credentials that hold none", no_key),
    Rule::new(
        "placeholder_key",
        Weight::Error,
        "a key that stands in the file and was never filled in",
        placeholder_key,
    ),
    Rule::new(
        "other_vendors_key",
        Weight::Error,
        "a key that looks like another vendor's",
        other_vendors_key,
    ),
    Rule::new(
        "shared_key",
        Weight::Warning,
        "providers of one name that are paid by the same key: its limits and its end are those of both",
        shared_key,
    ),
    Rule::new(
        "key_of_another_site",
        Weight::Warning,
        "one key for hosts that are known to take keys of their own, such as two regions of a vendor",
        key_of_another_site,
    ),
    Rule::new(
        "missing_key",
        Weight::Warning,
        "a secret that is not here, though others are: where the gateway runs it may be forgotten, too",
        missing_key,
    ),
    Rule::new(
        "secret_not_here",
        Weight::Hint,
        "secrets that are not here, as none is; a drill needs none",
        secret_not_here,
    ),
];

fn no_key(house: &House<'_>) -> Vec<Trace> {
    let found = house.snapshot.providers.iter().filter(|provider| {
        provider.kind.needs_key && is_at_home(provider) && provider.credentials.is_empty()
    });
    found
        .map(|provider| {
            Trace::of(
                format!("providers.{}.credentials", provider.id),
                "this vendor refuses requests without a key: every call to it fails",
                "name a key: env:NAME or file:/path",
            )
        })
        .collect()
}

fn each(house: &House<'_>, find: impl Fn(&Provider, &Credential) -> Option<(String, String)>) -> Vec<Trace> {
    let mut found = Vec::new();
    for provider in house.snapshot.providers.iter() {
        for credential in provider.credentials.iter().filter(|key| !is_stood_in(house, key)) {
            if let Some((what, remedy)) = find(provider, credential) {
                found.push(Trace::of(credential.origin.clone(), what, remedy));
            }
        }
    }
    found
}

fn is_stood_in(house: &House<'_>, credential: &Credential) -> bool {
    credential.reference.as_ref().is_some_and(|reference| {
        house
            .stood_in
            .iter()
            .any(|known| known == reference || known.ends_with(reference.trim_start_matches("file:")))
    })
}

fn placeholder_key(house: &House<'_>) -> Vec<Trace> {
    each(house, |provider, credential| {
        let text = credential.secret.expose().to_ascii_lowercase();
        let is_filler = PLACEHOLDERS.iter().any(|filler| text.contains(filler));
        is_filler.then(|| {
            let what = format!("the key of {} reads like an example that nobody filled in", provider.id);
            (what, "put the real key there".to_owned())
        })
    })
}

fn other_vendors_key(house: &House<'_>) -> Vec<Trace> {
    each(house, |provider, credential| {
        let text = credential.secret.expose();
        let (_, owner) = KEY_LOOKALIKES.iter().find(|(start, _)| text.starts_with(start))?;
        let known = |word: &str| word.to_ascii_lowercase().replace(['-', ' ', '.'], "");
        // The last row fits many vendors.
        let is_one_vendors = !owner.contains(' ');
        let is_his = known(provider.kind.name).contains(&known(owner));
        // A vendor may have several names here; whether a stranger's server takes such keys nobody knows.
        (is_one_vendors && !is_his && is_at_home(provider)).then(|| {
            let what = format!("the key of {} looks like one of {owner}: it will be refused", provider.id);
            (what, format!("put a key of {} there", provider.kind.name))
        })
    })
}

fn shared_key(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let mut places: Vec<usize> =
            road.route.targets.iter().map(|target| usize::from(target.provider)).collect();
        places.sort_unstable();
        places.dedup();
        for (number, place) in places.iter().enumerate() {
            for other in &places[number + 1..] {
                let (one, other) = (&house.snapshot.providers[*place], &house.snapshot.providers[*other]);
                let is_shared =
                    |key: &&Credential| other.credentials.iter().any(|known| known.secret == key.secret);
                if let Some(key) = one.credentials.iter().find(is_shared) {
                    found.push(Trace::of_model(
                        &road.name,
                        format!("{}, {}", one.id, other.id),
                        format!(
                            "{} and {} are paid by one key ({}): one account, whose end is that of both",
                            one.id, other.id, key.origin
                        ),
                        "give the second a key of another account",
                    ));
                }
            }
        }
    }
    found
}

/// Which vendor, or which site of one, the catalogue knows at a line's host.
fn site_of(line: &Line) -> Option<&'static str> {
    let is_there = |kind: &&&Kind| {
        let home = kind.base_url.and_then(|home| BaseUrl::parse(home).ok());
        home.is_some_and(|home| home.host() == line.base_url.host())
    };
    providers::all().iter().find(is_there).map(|kind| kind.name)
}

fn key_of_another_site(house: &House<'_>) -> Vec<Trace> {
    let providers = &house.snapshot.providers;
    let mut found: Vec<Trace> = Vec::new();
    for (place, provider) in providers.iter().enumerate() {
        for credential in provider.credentials.iter().filter(|key| !is_stood_in(house, key)) {
            let has_it =
                |other: &&Provider| other.credentials.iter().any(|key| key.secret == credential.secret);
            if providers[..place].iter().any(|other| has_it(&other)) {
                continue;
            }
            let holders: Vec<&Provider> = providers[place..].iter().filter(has_it).collect();
            let lines = holders.iter().flat_map(|holder| &holder.lines);
            let sites: BTreeSet<&str> = lines.filter_map(site_of).collect();
            if sites.len() > 1 {
                let ids: Vec<&str> = holders.iter().map(|holder| holder.id.as_str()).collect();
                let sites: Vec<&str> = sites.into_iter().collect();
                found.push(Trace::of(
                    ids.join(", "),
                    format!(
                        "one key goes to {}: each gives out its own, and refuses the other's",
                        sites.join(" and ")
                    ),
                    "make a provider of each, with a key of its own",
                ));
            }
        }
    }
    found
}

fn missing_key(house: &House<'_>) -> Vec<Trace> {
    if house.has_secrets { not_here(house) } else { Vec::new() }
}

fn secret_not_here(house: &House<'_>) -> Vec<Trace> {
    if house.has_secrets { Vec::new() } else { not_here(house) }
}

fn not_here(house: &House<'_>) -> Vec<Trace> {
    let is_any = !house.stood_in.is_empty();
    let of = house.stood_in.join(", ");
    let what = "not here: something stands in for it, and a start without it would be refused";
    is_any.then(|| Trace::of(of, what, "see that it is there where the gateway runs")).into_iter().collect()
}
