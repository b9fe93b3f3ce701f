//! Prices in a data directory that no server uses.

use anyhow::{Error, Result, anyhow};
use gateway::wall_clock;
use serde_json::{Value, json};
use store::{DataDir, PriceDesk, PriceError, PriceVersion, PriceWish, Who};

use super::ask::Ask;
use super::of_catalogue::{of_catalogue, without_mistakes};
use crate::arguments::{DataOptions, PricesChange};
use crate::catalog;
use crate::local_store::LocalStore;

/// What proves that he may: the audit says so.
const ACTOR: &str = "data directory";
const VERSIONS_MAX: u32 = 1000;

/// Prices in an opened, locked data directory.
pub(super) struct LocalPrices {
    local: LocalStore,
    desk: PriceDesk,
}

impl LocalPrices {
    pub(super) fn open(dir: &DataDir, data: &DataOptions) -> Result<Self> {
        let local = LocalStore::open(dir)?;
        // Which providers there will be is not known here: the whole catalogue stands in.
        let catalogue = catalog::in_force(data)?;
        let stand_in = || without_mistakes(of_catalogue(catalogue.kinds()));
        let desk = PriceDesk::open(Box::new(local.store.clone()), super::kinds(), stand_in);
        let desk = local.runtime.block_on(desk)?;
        Ok(Self { local, desk })
    }

    pub(super) fn ask(&self, ask: Ask) -> Result<Value> {
        self.local.runtime.block_on(self.answer(ask))
    }

    async fn answer(&self, ask: Ask) -> Result<Value> {
        let (desk, now) = (&self.desk, wall_clock());
        Ok(match ask {
            Ask::Standing => desk.standing().await.json(),
            Ask::Text(version) => json!({ "version": version, "text": desk.text(version).await? }),
            Ask::Versions => {
                let versions = desk.versions(None, VERSIONS_MAX).await?;
                json!({ "versions": versions.iter().map(PriceVersion::json).collect::<Vec<_>>() })
            }
            Ask::Check(text) => desk.check(&text).await.map_err(told)?.json(),
            Ask::Set(text, change) => desk.set(text, wish(change), now).await.map_err(told)?.json(),
            Ask::Difference(from, to) => {
                let to = to.unwrap_or_else(|| desk.book().version());
                let from = from.unwrap_or_else(|| to.saturating_sub(1));
                let mut shown = desk.compare(from, to).await?.json();
                shown["from"] = from.into();
                shown["to"] = to.into();
                shown
            }
            Ask::Draft => {
                let draft = desk.draft().await?.ok_or(PriceError::NoDraft)?;
                let mut shown = draft.json();
                shown["comparison"] = desk.check(&draft.text).await.map_err(told)?.json();
                shown
            }
            Ask::KeepDraft(text, source) => {
                let (draft, compared) = desk.keep_draft(text, &source, who(None), now).await.map_err(told)?;
                json!({ "draft": draft, "comparison": compared.json() })
            }
            Ask::DropDraft => {
                desk.drop_draft(who(None), now).await?;
                json!({ "draft": null })
            }
            Ask::Approve(draft, change) => desk.approve(draft, wish(change), now).await.map_err(told)?.json(),
            Ask::Rate(sale) => {
                let version = sale.version.unwrap_or_else(|| desk.book().version());
                let book = desk.book_of(version).await?;
                sale.explained(&book, now).map_err(|(field, message)| anyhow!("{field}: {message}"))?
            }
        })
    }
}

fn who(by: Option<String>) -> Who {
    Who { actor: ACTOR, by, request_id: None }
}

fn wish(change: PricesChange) -> PriceWish {
    PriceWish { reason: change.reason, after: change.after, who: who(change.by) }
}

/// With every problem of a text on a line of its own.
fn told(error: PriceError) -> Error {
    match &error {
        PriceError::Bad(problems) if problems.len() > 1 => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            anyhow!("{error}:\n{}", lines.join("\n"))
        }
        _ => error.into(),
    }
}
