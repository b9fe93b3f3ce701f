//! Models that are not, or no longer, what the chain takes them for.

use config::{Origin, nearest};
use providers::Operation;
use providers::models::{Known, Row, shipped};

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::{House, Road, Server, is_at_home};

pub(super) const RULES: &[Rule] = &[
    Rule::new("retired_model", Weight::Error, "a target whose vendor no longer serves the model", retired),
    Rule::new(
        "model_will_retire",
        Weight::Warning,
        "a target whose vendor has said when the model ends",
        will_retire,
    ),
    Rule::new(
        "unknown_model",
        Weight::Warning,
        "a target that looks like a slip of the pen: its vendor has one of nearly that name",
        unknown,
    ),
    Rule::new(
        "other_vendors_model",
        Weight::Warning,
        "a target whose vendor does not know the model, and another vendor does",
        other_vendors_model,
    ),
    Rule::new(
        "unlike_kinds",
        Weight::Error,
        "a chain of models for different things, such as embeddings after conversations",
        unlike_kinds,
    ),
    Rule::new(
        "surface_not_offered",
        Weight::Error,
        "a chain of models that are for no conversation, and a provider that does not offer what they are for",
        surface_not_offered,
    ),
    Rule::new(
        "mixed_embeddings",
        Weight::Error,
        "a chain of different embedding models, whose vectors cannot be compared",
        mixed_embeddings,
    ),
];

/// Every server of every name.
fn each(house: &House<'_>, mut find: impl FnMut(&Road, &Server<'_>) -> Option<Trace>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        found.extend(road.servers().iter().filter_map(|server| find(road, server)));
    }
    found
}

fn instead(row: &Row) -> String {
    row.successor.as_ref().map_or_else(
        || "name another model".to_owned(),
        |successor| format!("name {successor}, which its vendor offers in its place"),
    )
}

fn retired(house: &House<'_>) -> Vec<Trace> {
    each(house, |road, server| {
        let row = house.row(road, server.first)?;
        let since = row.retired?;
        let label = house.label(road, server.first);
        let what = format!("{label} is retired since {since}: whoever comes to it gets an error");
        Some(Trace::of_model(&road.name, label, what, instead(row)))
    })
}

fn will_retire(house: &House<'_>) -> Vec<Trace> {
    let mut found = each(house, |road, server| {
        let row = house.row(road, server.first)?;
        let end = row.retires.filter(|_| row.is_served())?;
        let label = house.label(road, server.first);
        let is_over = house.today.is_some_and(|today| today >= end);
        let what = format!("{label} {} on {end}", if is_over { "ended" } else { "ends" });
        Some(Trace::of(label, what, instead(row)))
    });
    // A model ends once, however many names lead to it.
    found.sort_by(|one, other| one.of.cmp(&other.of));
    found.dedup();
    found
}

fn unknown(house: &House<'_>) -> Vec<Trace> {
    each(house, |road, server| {
        let provider = house.provider(server.first);
        let name = server.first.model.as_deref().unwrap_or(&road.name);
        if provider.known.find(name).is_some() || provider.origin == Origin::Demo {
            return None;
        }
        let known: Vec<&str> = provider.known.rows().map(|row| row.name.as_str()).collect();
        let near = nearest(name, known.iter().copied())?;
        let label = house.label(road, server.first);
        let what =
            format!("{label} is not in the catalogue, and {near} is: a wrong name is a 404 to each caller");
        let remedy =
            format!("write {near}, or say in providers.{}.catalog that {name} is right", provider.id);
        Some(Trace::of_model(&road.name, label, what, remedy))
    })
}

fn other_vendors_model(house: &House<'_>) -> Vec<Trace> {
    each(house, |road, server| {
        let provider = house.provider(server.first);
        let name = server.first.model.as_deref().unwrap_or(&road.name);
        // Where nothing is known, or the address is another's, any model may be there.
        if provider.known.is_empty() || provider.known.find(name).is_some() || !is_at_home(provider) {
            return None;
        }
        let knows = |(kind, known): (&str, &Known)| known.find(name).map(|_| kind.to_owned());
        let owner = shipped().kinds().find_map(knows)?;
        let label = house.label(road, server.first);
        let what =
            format!("{} does not know {name}, {owner} does: whoever comes to it gets a 404", provider.id);
        Some(Trace::of_model(&road.name, label, what, format!("ask a provider of kind {owner} for it")))
    })
}

/// What a model is for.
fn surface<'h>(house: &'h House<'_>, road: &Road, server: &Server<'_>) -> Option<&'h str> {
    let row = house.row(road, server.first).filter(|row| !row.source.is_empty())?;
    Some(row.surface.as_deref().unwrap_or("conversations"))
}

fn unlike_kinds(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let servers = road.servers();
        let Some(first) = servers.first().and_then(|first| surface(house, road, first)) else { continue };
        for server in &servers[1..] {
            if let Some(other) = surface(house, road, server).filter(|other| *other != first) {
                let label = house.label(road, server.first);
                let what =
                    format!("the first target is for {first}, {label} for {other}: it cannot stand in");
                found.push(Trace::of_model(&road.name, label, what, "take it out of this chain"));
            }
        }
    }
    found
}

fn surface_not_offered(house: &House<'_>) -> Vec<Trace> {
    each(house, |road, server| {
        let first = &road.route.targets[0];
        let wanted = house.row(road, first)?.surface.as_deref()?;
        let (operation, provider) = (Operation::named(wanted)?, house.provider(server.first));
        let offers = provider.surfaces.as_ref().is_none_or(|surfaces| surfaces.contains(&operation));
        let label = house.label(road, server.first);
        (!offers).then(|| {
            let what = format!("{} is said not to offer {wanted}: {label} is never asked", provider.id);
            let remedy =
                format!("add {wanted} to providers.{}.surfaces, or name another provider", provider.id);
            Trace::of_model(&road.name, label, what, remedy)
        })
    })
}

fn mixed_embeddings(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let servers = road.servers();
        let embeds = |server: &&Server<'_>| surface(house, road, server) == Some("embeddings");
        let embedding: Vec<&Server<'_>> = servers.iter().filter(embeds).collect();
        let name = |server: &Server<'_>| house.row(road, server.first).map(|row| row.name.as_str());
        for server in embedding.iter().skip(1).filter(|server| name(server) != name(embedding[0])) {
            let label = house.label(road, server.first);
            let what = format!(
                "vectors of {label} cannot be compared with those of {}: after a failover every search is wrong",
                house.label(road, embedding[0].first)
            );
            found.push(Trace::of_model(
                &road.name,
                label,
                what,
                "stand by the same model at another provider or line",
            ));
        }
    }
    found
}
