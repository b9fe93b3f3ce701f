//! Whom must a call not ask at all? Who does not offer its path, whom its key is not for, and who has no price where such
//! calls are refused. One answer for calls and for explanations of calls.

use std::sync::Arc;

use dialects::surface::{Operation, Surface};
use domain::{ServiceTier, Timestamp};
use ledger::prices::{Book, Unknown, Wanted};
use routing::{Reason, Target};
use store::{KeyEntry, KeyScopes};

use crate::pipeline::permit::reaches;
use crate::serving::Serving;

/// What decides whether a target is fit for a call.
pub(crate) struct Fitness<'c> {
    serving: &'c Serving,
    surface: &'static Surface,
    model: &'c str,
    at: Timestamp,
    /// Of a key that is not for everything.
    scopes: Option<Arc<KeyScopes>>,
    /// Where calls without a price are refused.
    book: Option<Arc<Book>>,
}

impl<'c> Fitness<'c> {
    /// Of a call for a model by the caller's name, by a key if there is one.
    pub(crate) fn of(
        prices: &Arc<Book>,
        serving: &'c Serving,
        surface: &'static Surface,
        (model, key, at): (&'c str, Option<&KeyEntry>, Timestamp),
    ) -> Self {
        let is_priced = *prices.unknown() == Unknown::Block && surface.operation != Operation::CountTokens;
        let book = is_priced.then(|| Arc::clone(prices));
        Self { serving, surface, model, at, scopes: key.and_then(KeyEntry::scopes), book }
    }

    /// Why a target must not be asked.
    pub(crate) fn flaw(&self, target: &Target) -> Option<Reason> {
        let provider = self.serving.provider_of(target);
        if !provider.offers(self.surface) {
            return Some(Reason::NotOffered);
        }
        let line = &provider.lines[usize::from(target.line)];
        if self.scopes.as_ref().is_some_and(|scopes| !reaches(scopes, provider, line)) {
            return Some(Reason::KeyScope);
        }
        let book = self.book.as_ref()?;
        let model = target.model.as_deref().unwrap_or(self.model);
        let wanted = Wanted {
            provider: provider.id(),
            kind: provider.kind,
            model,
            asked_model: model,
            service: ServiceTier::USUAL,
            at: self.at,
            prompt_tokens: 0,
        };
        book.forbids(&wanted).then_some(Reason::NoPrice)
    }

    /// What the key is narrowed to.
    pub(crate) fn scopes(&self) -> Option<&KeyScopes> {
        self.scopes.as_deref()
    }
}
