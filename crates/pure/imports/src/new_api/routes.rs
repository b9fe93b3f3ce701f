//! Channels that serve a model as its targets: by priority, then weight.

use super::channel::Channel;
use crate::draft::{DraftModel, DraftTarget, TARGETS_MAX};
use crate::imported::Imported;
use crate::report::About;

/// The models of the draft, in the order in which channels name them.
pub(super) fn make(served: &[(Channel, String)], imported: &mut Imported) {
    let mut ordered: Vec<&(Channel, String)> = served.iter().collect();
    ordered.sort_by_key(|(channel, _)| (-channel.priority, -channel.weight, channel.id));
    let mut is_weighed = false;
    let mut models: Vec<DraftModel> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (channel, provider) in ordered {
        for (asked, sent) in &channel.models {
            let target = DraftTarget { provider: provider.clone(), model: sent.clone(), timeout_ms: None };
            let place = *places.entry(asked.clone()).or_insert_with(|| {
                models.push(DraftModel { name: asked.clone(), targets: Vec::new() });
                models.len() - 1
            });
            is_weighed |= !models[place].targets.is_empty();
            if models[place].targets.len() < TARGETS_MAX {
                models[place].targets.push(target);
            } else {
                let said =
                    format!("model {asked} has more than {TARGETS_MAX} channels; this one is left out");
                imported.report.lost(&channel.about, said, None);
            }
        }
    }
    if is_weighed {
        imported.report.changed(
            &About::named("channels.priority, channels.weight"),
            "of one priority a channel was drawn by weight; here targets are tried in order: by priority, then weight",
            None,
        );
    }
    imported.draft.models = models;
}
