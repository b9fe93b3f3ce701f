//! Whether a row, or a pack of them, is wanted.

use std::ops::RangeInclusive;

use domain::CallId;

use super::contract::RequestQuery;
use super::days::first_id;
use super::marks::{Of, mark, may_have};
use super::row::RequestRow;

/// A query, made ready for many looks.
pub(super) struct Wish<'q> {
    query: &'q RequestQuery,
    /// All wanted ones are from this id on …
    pub(super) from: CallId,
    /// … and before this one.
    pub(super) before: CallId,
    /// The wanted request id: its mark, and the call whose own it may be.
    request: Option<(u64, Option<CallId>)>,
    /// Marks that a pack must have; of the last, one will do.
    marks: Vec<u64>,
    any_of: Vec<u64>,
}

impl<'q> Wish<'q> {
    pub(super) fn of(query: &'q RequestQuery) -> Self {
        let one = query.call_id;
        let before = [query.to.map(first_id), query.after, one.map(|id| CallId(id.0.saturating_add(1)))];
        let from = [query.from.map(first_id), one];
        let request = query.request_id.as_deref();
        let marked =
            [(Of::Key, &query.key), (Of::Organisation, &query.organisation), (Of::Project, &query.project)];
        let marks = marked.into_iter().filter_map(|(of, text)| Some(mark(of, text.as_deref()?.as_bytes())));
        let organisations = query.organisations.iter().flatten();
        Self {
            query,
            from: from.into_iter().flatten().max().unwrap_or_default(),
            before: before.into_iter().flatten().min().unwrap_or(CallId(u128::MAX)),
            request: request.map(|text| (mark(Of::RequestId, text.as_bytes()), CallId::parse(text))),
            marks: marks.collect(),
            any_of: organisations.map(|id| mark(Of::Organisation, id.as_str().as_bytes())).collect(),
        }
    }

    /// Whether nothing can be wanted.
    pub(super) fn is_vain(&self) -> bool {
        self.query.organisations.as_ref().is_some_and(Vec::is_empty) || self.from >= self.before
    }

    /// Whether a pack with this set of marks, of these calls, may have a wanted row.
    pub(super) fn may_be_in(&self, set: &[u8], calls: &RangeInclusive<CallId>) -> bool {
        let has = |mark: &u64| may_have(set, *mark);
        let has_request =
            self.request.is_none_or(|(mark, own)| has(&mark) || own.is_some_and(|id| calls.contains(&id)));
        has_request && self.marks.iter().all(has) && (self.any_of.is_empty() || self.any_of.iter().any(has))
    }

    /// Whether a row is wanted.
    pub(super) fn wants(&self, row: &RequestRow<'_>) -> bool {
        let RequestQuery {
            request_id,
            key,
            organisations,
            organisation,
            project,
            model,
            provider,
            status,
            ..
        } = self.query;
        let is = |wished: &Option<String>, text: &str| wished.as_deref().is_none_or(|wished| wished == text);
        let has_request = self.request.is_none_or(|(_, own)| match &*row.request_id {
            "" => own == Some(row.call_id),
            text => is(request_id, text),
        });
        let (first, behind) = status.map_or((0, i64::MAX), |status| status.range());
        (self.from..self.before).contains(&row.call_id)
            && has_request
            && is(key, &row.key)
            && is(organisation, &row.organisation)
            && is(project, &row.project)
            && (is(model, &row.model) || is(model, &row.upstream_model))
            && is(provider, &row.provider)
            && (first..behind).contains(&row.status.into())
            && organisations.as_ref().is_none_or(|ids| ids.iter().any(|id| id.as_str() == row.organisation))
    }
}
