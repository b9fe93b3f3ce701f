//! Groups of deployments as models with targets: in order, each group followed by those it falls back on.

use super::cursor::Cursor;
use super::deployment::Deployment;
use super::providers::is_wild;
use super::sources::Files;
use crate::draft::{DraftModel, DraftTarget, TARGETS_MAX};
use crate::ids::is_model_name;
use crate::report::Report;

/// Where fallbacks may stand; the first goes before.
const SECTIONS: &[&str] = &["router_settings", "litellm_settings"];

/// A group: a name and its own targets.
struct Group {
    name: String,
    /// The group that it is another name of.
    meant: Option<String>,
    targets: Vec<DraftTarget>,
}

/// The models of the draft.
pub(super) fn models(
    deployments: &[Deployment],
    providers: &[Option<String>],
    files: &Files,
    report: &mut Report,
) -> Vec<DraftModel> {
    let mut groups = groups(deployments, providers, report);
    aliases(&mut groups, files, report);
    let fallbacks = fallbacks(&groups, files, report);
    let default = default_fallbacks(&groups, files, report);
    groups
        .iter()
        .map(|group| DraftModel {
            name: group.name.clone(),
            targets: chain(group, &groups, &fallbacks, &default),
        })
        .filter(|model| !model.targets.is_empty())
        .collect()
}

fn groups(deployments: &[Deployment], providers: &[Option<String>], report: &mut Report) -> Vec<Group> {
    let mut ordered: Vec<(&Deployment, &String)> = deployments
        .iter()
        .zip(providers)
        .filter(|(deployment, _)| !is_wild(deployment))
        .filter_map(|(deployment, provider)| Some((deployment, provider.as_ref()?)))
        .collect();
    // Stable: what is alike keeps the order of the file.
    ordered.sort_by(|(one, _), (other, _)| {
        one.order.cmp(&other.order).then(other.weight.total_cmp(&one.weight))
    });
    let mut groups: Vec<Group> = Vec::new();
    for deployment in deployments.iter().filter(|deployment| !is_wild(deployment)) {
        if !groups.iter().any(|group| group.name == deployment.group) {
            groups.push(Group { name: deployment.group.clone(), meant: None, targets: Vec::new() });
        }
    }
    for (deployment, provider) in ordered {
        let group = groups.iter_mut().find(|group| group.name == deployment.group);
        let target = DraftTarget {
            provider: provider.clone(),
            model: deployment.model.clone(),
            timeout_ms: deployment.timeout_ms,
        };
        match group {
            Some(group)
                if group
                    .targets
                    .iter()
                    .any(|known| known.provider == target.provider && known.model == target.model) =>
            {
                report.changed(
                    &deployment.about,
                    "leads to the same as one before it; it is asked once",
                    None,
                );
            }
            Some(group) => group.targets.push(target),
            None => {}
        }
    }
    groups
}

/// `model_group_alias`: another name for a group, or a mapping with its name.
fn aliases(groups: &mut Vec<Group>, files: &Files, report: &mut Report) {
    for aliases in SECTIONS.iter().filter_map(|section| files.setting(section, "model_group_alias")) {
        for (alias, value) in aliases.entries() {
            let meant = value.text().or_else(|| value.get("model")?.text());
            let found = meant.as_ref().and_then(|meant| groups.iter().find(|group| group.name == *meant));
            match found {
                Some(_) if groups.iter().any(|group| group.name == alias) => {
                    report.lost(&value.about(), "a model of that name is there already", None);
                }
                Some(group) if is_model_name(alias) => {
                    let targets = group.targets.clone();
                    let meant = group.name.clone();
                    report.carried(&value.about(), format!("model {alias} has the targets of {meant}"));
                    groups.push(Group { name: alias.to_owned(), meant: Some(meant), targets });
                    if value.get("hidden").is_some_and(|hidden| hidden.says_yes()) {
                        report.changed(&value.about(), "it is listed among the models", None);
                    }
                }
                _ => report.lost(&value.about(), "it names no model of model_list that was carried", None),
            }
        }
    }
}

/// The setting of the section that goes before; that the others do not count is told.
fn first<'f>(files: &'f Files, key: &str, report: &mut Report) -> Option<Cursor<'f>> {
    let mut found = SECTIONS.iter().filter_map(|section| files.setting(section, key));
    let first = found.next()?;
    for other in found {
        report.lost(&other.about(), format!("{} goes before it, as it does in LiteLLM", first.path), None);
    }
    Some(first)
}

/// `fallbacks`: for each group those that are asked after it.
fn fallbacks(groups: &[Group], files: &Files, report: &mut Report) -> Vec<(String, Vec<String>)> {
    let found = first(files, "fallbacks", report);
    let mut all = Vec::new();
    for (name, value) in
        found.iter().flat_map(Cursor::items).flat_map(|item| item.entries().collect::<Vec<_>>())
    {
        let is_group = groups.iter().any(|group| group.name == name);
        if name == "*" {
            report.lost(&value.about(), "fallbacks of any model", Some("write the targets under each model"));
        } else if is_group {
            all.push((name.to_owned(), named(&value, groups, report)));
        } else {
            report.lost(&value.about(), "it is for no model of model_list that was carried", None);
        }
    }
    all
}

/// `default_fallbacks`: for groups that have none of their own.
fn default_fallbacks(groups: &[Group], files: &Files, report: &mut Report) -> Vec<String> {
    let found = first(files, "default_fallbacks", report);
    found.map(|value| named(&value, groups, report)).unwrap_or_default()
}

/// The groups that a list names.
fn named(list: &Cursor<'_>, groups: &[Group], report: &mut Report) -> Vec<String> {
    let mut names = Vec::new();
    for item in list.items() {
        match item.text().filter(|name| groups.iter().any(|group| group.name == *name)) {
            Some(name) => names.push(name),
            None => report.lost(&item.about(), "it names no model of model_list that was carried", None),
        }
    }
    if !names.is_empty() {
        report.carried(&list.about(), format!("targets of {} follow", names.join(", ")));
    }
    names
}

/// A group's targets, then those of its fallbacks and of theirs, each once.
fn chain(
    group: &Group,
    groups: &[Group],
    fallbacks: &[(String, Vec<String>)],
    default: &[String],
) -> Vec<DraftTarget> {
    let mut waiting = vec![group.name.as_str()];
    let mut seen: Vec<&str> = Vec::new();
    let mut targets: Vec<DraftTarget> = Vec::new();
    while let Some(name) = waiting.pop() {
        let Some(group) = groups.iter().find(|group| group.name == name && !seen.contains(&name)) else {
            continue;
        };
        seen.push(&group.name);
        for target in &group.targets {
            if !targets.contains(target) && targets.len() < TARGETS_MAX {
                targets.push(target.clone());
            }
        }
        let of = |name: &str| fallbacks.iter().find(|(of, _)| of == name).map(|(_, names)| names.as_slice());
        let own = of(&group.name).or_else(|| of(group.meant.as_deref()?));
        let next = own.unwrap_or(if seen.len() == 1 { default } else { &[] });
        waiting.extend(next.iter().rev().map(String::as_str));
    }
    targets
}
