//! From text to snapshot, or to every problem at once.

use std::sync::Arc;

use serde::Deserialize;

use crate::problem::{Problem, Report};
use crate::schema::{Schema, schema};
use crate::sections::{
    File, accounts, admin, alerts, cache, catalog, environment, errors, file, health, idempotency, keys,
    ledger, limits, listeners, log, metrics, models, networks, providers, reports, requests, retries,
    timeouts,
};
use crate::snapshot::{Snapshot, routes};
use crate::sources::{Overrides, Sources, Stored};
use crate::tree;
use crate::walk::conform;

/// Checks everything and builds the snapshot. Problems come in the order of the file, then those of variables and
/// options.
pub fn check(sources: &Sources<'_>) -> Result<Snapshot, Vec<Problem>> {
    let mut report = Report::new(sources.text.map(|(name, _)| name));
    let file = match sources.text.map(|(_, text)| read_file(text, &mut report)) {
        None => File::default(),
        Some(Some(file)) => file,
        Some(None) => return Err(report.finish().expect_err("a file that is not read leaves a problem")),
    };
    let mut snapshot = build(file, sources, &mut report);
    snapshot.secret_uses = report.take_uses();
    snapshot.notes = report.finish()?;
    Ok(snapshot)
}

/// What is in force where nobody has configured anything.
pub fn defaults() -> Snapshot {
    let nothing = Sources {
        text: None,
        catalog: None,
        env: &|_| None,
        env_names: Vec::new(),
        read_file: &|_| Err("there are no files".to_owned()),
        stored: &|_| Stored::NotOpen,
        overrides: Overrides::default(),
    };
    check(&nothing).expect("a test checks an empty configuration")
}

fn read_file(text: &str, report: &mut Report) -> Option<File> {
    let tree = tree::read(text, report)?;
    let schema = schema();
    let tree = conform(tree, Schema::root(&schema), report);
    // The walk and serde follow the same structs, so this fails only where they differ by a mistake of ours.
    File::deserialize(tree)
        .map_err(|error| report.add_at(None, format!("cannot be used: {error}"), None))
        .ok()
}

fn build(file: File, sources: &Sources<'_>, report: &mut Report) -> Snapshot {
    let region = file::region(file.region, sources, report);
    let service = file::service(file.service, sources, report);
    let listeners = listeners::check(file.listeners, sources, report);
    let admin_listen = admin::check(file.admin, &listeners, report);
    let public_url = file::public_url(file.public_url.as_deref(), report);
    let used = file.providers.as_ref().map(providers::variables_named).unwrap_or_default();
    let mut catalogue = catalog::check(sources, report);
    let mut providers = providers::check(file.providers, sources, report);
    providers.extend(environment::check(&providers, &used, sources, report));
    providers.iter_mut().for_each(|provider| provider.learn(&mut catalogue));
    let timeouts = timeouts::check(file.timeouts, report);
    let others = routes(&providers, &[]);
    let retries = retries::check(file.retries, report);
    let cache = cache::check(file.cache, report);
    let usual = (&timeouts, retries.hedges, cache.rule);
    let (models, targets) = models::check(file.models, (&providers, &others), usual, report);
    let health = health::check(file.health, &timeouts, report);
    let limits = limits::check(file.limits, &providers, report);
    Snapshot {
        region,
        service,
        workers: file.workers,
        listeners,
        trusted_proxies: networks::trusted_proxies(file.trusted_proxies, report).into(),
        private_media: networks::private_media(file.private_media, report).into(),
        admin_listen,
        public_url,
        spool_dir: file::spool_dir(file.spool_dir, report),
        routes: Arc::new(routes(&providers, &targets)),
        models,
        providers: providers.into(),
        keys: keys::check(file.keys, report),
        metrics: metrics::check(file.metrics, sources, report),
        errors: errors::check(file.errors),
        limits: Arc::new(limits),
        timeouts: Arc::new(timeouts),
        retries: Arc::new(retries),
        health: Arc::new(health),
        log: log::check(file.log, report),
        accounts: accounts::check(file.accounts, sources, report),
        ledger: ledger::check(file.ledger, sources, report),
        requests: requests::check(file.requests),
        reports: reports::check(file.reports, report),
        idempotency: idempotency::check(file.idempotency),
        cache,
        alerts: Arc::new(alerts::check(file.alerts, sources, report)),
        secret_uses: Vec::new(),
        notes: Vec::new(),
    }
}
