//! Whether an answer is changed on its way: its field `model`, by configuration, and facts about its routing, for callers
//! who ask for them. How it is changed is `dialects`'.

use dialects::retouch::Retouch;
use routing::{ModelField, Plan};

use crate::call::Call;
use crate::pipeline::watch::Watch;
use crate::pipeline::wishes::Wishes;
use crate::serving::ServedProvider;

/// What an answer is to say that its provider does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    model_field: ModelField,
    wants_routing: bool,
    wants_cost: bool,
}

/// What is wished; nothing for nearly all calls.
pub(super) fn wish(plan: &Plan, wishes: &Wishes<'_>) -> Option<Wish> {
    let &Wishes { wants_routing, wants_cost, .. } = wishes;
    let model_field = plan.route.manner.model_field;
    (wants_routing || wants_cost || model_field != ModelField::Upstream).then_some(Wish {
        model_field,
        wants_routing,
        wants_cost,
    })
}

impl Wish {
    /// Whether the caller is to be told what it cost.
    pub(super) const fn wants_cost(self) -> bool {
        self.wants_cost
    }

    /// What is done to the answer of a provider.
    pub(super) fn retouch(
        self,
        call: &Call,
        provider: &ServedProvider,
        watch: &Watch,
    ) -> Option<Box<Retouch>> {
        if matches!(watch, Watch::Anything) {
            return None;
        }
        let served = call.upstream_model.as_deref().unwrap_or(&call.model);
        let model = match self.model_field {
            ModelField::Upstream => None,
            ModelField::Served => Some(served),
            ModelField::Requested => Some(call.model.as_str()),
        };
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let latency = call.first_byte.unwrap_or_default();
        let facts = [
            ("model_used", text(served)),
            ("provider", text(provider.id())),
            ("fallback_attempts", call.fallback_attempts.to_string()),
            ("total_attempts", call.attempts.to_string()),
            ("latency_ms", latency.as_millis().to_string()),
        ];
        let facts = if self.wants_routing { &facts[..] } else { &[] };
        let segments = call.segments.as_ref().filter(|_| self.wants_routing);
        // What the last of them used is told behind the end of its words.
        let late = segments.map(|segments| ("segments", segments.told()));
        let retouch = Retouch::new(call.dialect, model, facts).with_late(late.as_slice());
        Some(Box::new(if self.wants_cost { retouch.with_cost() } else { retouch }))
    }
}
