//! A gateway with a simulator in the place of everybody it would ask. It is the real data plane, on a port of this machine; no
//! address of the configuration is kept, no proxy, no source address and no key.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use config::{Credential, Limits, Line, Listener, Provider, Rates, Snapshot};
use domain::{BaseUrl, Secret};
use gateway::{BodyRoom, Gateway, GatewayParts, InheritedSockets, Serving, Workers};
use observe::Metrics;
use simulator::{Beginnings, Behaviour, Node, NodeOptions, Options, Simulator};

use super::caller::Caller;
use super::faults::Fault;
use super::ground::Ground;
use super::pace::{Hurried, Pace};

/// One worker is enough for one caller.
const WORKERS: usize = 1;
/// Those lines that nobody is to come to.
const NOBODY: &str = "nobody";
/// What a caller waits beyond all limits, until it is clear that there is no end.
const BEYOND: Duration = Duration::from_secs(5);

/// One of the lines that are played: the place of its provider, and its own place there.
pub(super) type Place = (usize, usize);

/// A gateway among simulated providers.
pub(super) struct Stage {
    simulator: Simulator,
    places: Vec<Place>,
    snapshot: Snapshot,
    pub(super) pace: Pace,
    gateway: Arc<Gateway>,
    workers: Workers,
    pub(super) caller: Caller,
}

impl Stage {
    /// Opens one for calls that come to these places only.
    pub(super) async fn open(hurried: &Hurried, places: Vec<Place>, ground: &Ground) -> Result<Self> {
        let names = (0..places.len()).map(|number| format!("line-{number}")).chain([NOBODY.to_owned()]);
        let node = |name: String| NodeOptions {
            is_recording: false,
            obeys_directives: false,
            // As hosts that are told the beginning of an answer do.
            behaviour: Behaviour { beginnings: Beginnings::Continued, ..Behaviour::default() },
            ..NodeOptions::new(&name)
        };
        let options = Options { nodes: names.map(node).collect(), control: None, seed: 1 };
        let simulator = simulator::start(options).await.context("cannot start the simulator")?;
        let snapshot = pointed_at(&hurried.snapshot, &places, &simulator)?;
        let serving = Serving::new(&snapshot, None).map_err(anyhow::Error::msg)?;
        let gateway = Gateway::new(GatewayParts {
            serving,
            keys: ground.keys.clone(),
            hasher: ground.hasher.clone(),
            metrics: Metrics::new(snapshot.service.clone(), WORKERS),
            log: ground.log.clone(),
            workers: WORKERS,
            epoch: 0,
            node: 0,
            control: None,
            caller_desk: None,
            body_room: BodyRoom {
                memory_bytes_max: snapshot.limits.body_memory_bytes_max,
                spool_dir: ground.folder().to_owned(),
                spool_bytes_max: snapshot.limits.spool_bytes_max,
            },
            descriptors_max: None,
            switches: Vec::new(),
            answers: None,
            rows: None,
        });
        let listener = Listener { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), tls: None };
        let bound = gateway::bind(&listener, &mut InheritedSockets::default())?;
        let url = BaseUrl::parse(&bound.url()).map_err(|error| anyhow!("the drill's own address {error}"))?;
        let workers = gateway::start_workers(&gateway, vec![bound]).context("cannot start a worker")?;
        let patience = snapshot.timeouts.first_byte.max(snapshot.timeouts.answer) + BEYOND;
        let caller = Caller::new(url, ground.key.clone(), patience);
        Ok(Self { simulator, places, snapshot, pace: hurried.pace, gateway, workers, caller })
    }

    /// What it plays, pointed at its simulator.
    pub(super) const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Everybody is well, and nothing is known of anybody.
    pub(super) async fn clear(&self) -> Result<()> {
        for node in self.simulator.nodes() {
            node.clear_faults().await;
        }
        self.gateway.reload(|_| Serving::new(&self.snapshot, None)).map_err(anyhow::Error::msg)
    }

    /// Lets a fault happen at these places.
    pub(super) async fn arm(&self, places: &[Place], fault: &Fault) -> Result<()> {
        let script: simulator::Fault = fault.script(&self.pace).parse().map_err(anyhow::Error::msg)?;
        for node in self.nodes(places) {
            let script = script.clone();
            let script = match fault.times {
                Some(times) => script.times(times).map_err(anyhow::Error::msg)?,
                None => script,
            };
            node.add_fault(script).await.map_err(anyhow::Error::msg)?;
        }
        Ok(())
    }

    /// How often these places were come to, as far as they can know: a refused connection is never seen.
    pub(super) fn visits(&self, places: &[Place]) -> u64 {
        self.nodes(places).map(|node| node.counters().connections + node.counters().requests).sum()
    }

    fn nodes<'s>(&'s self, places: &'s [Place]) -> impl Iterator<Item = &'s Arc<Node>> {
        let all = self.simulator.nodes().iter().zip(&self.places);
        all.filter(|(_, place)| places.contains(place)).map(|(node, _)| node)
    }

    /// Ends it.
    pub(super) async fn close(self) {
        let Self { simulator, workers, gateway, .. } = self;
        drop(gateway);
        // It blocks for as long as the worker takes to leave; no connection is open then.
        let left = tokio::task::spawn_blocking(move || workers.stop());
        simulator.stop().await;
        let _ = left.await;
    }
}

/// The configuration with simulated hosts in the place of its own, and made-up keys in the place of its own.
fn pointed_at(snapshot: &Snapshot, places: &[Place], simulator: &Simulator) -> Result<Snapshot> {
    let url = |place: Place| {
        let number = places.iter().position(|known| *known == place).unwrap_or(places.len());
        let text = simulator.nodes()[number].base_url();
        BaseUrl::parse(&text).map_err(|error| anyhow!("the simulator's address {text} {error}"))
    };
    let mut providers: Vec<Provider> = snapshot.providers.to_vec();
    for (provider_place, provider) in providers.iter_mut().enumerate() {
        for (line_place, line) in provider.lines.iter_mut().enumerate() {
            *line = Line {
                base_url: url((provider_place, line_place))?,
                proxy: None,
                source_address: None,
                ..line.clone()
            };
        }
        // The simulator wants a key in some dialects, also of those who stand for servers without one.
        provider.credentials = (0..provider.credentials.len().max(1)).map(made_up_key).collect();
        provider.warm_connections = Some(0);
    }
    let limits = Limits { rates: unlimited(), ..(*snapshot.limits).clone() };
    Ok(Snapshot { providers: providers.into(), limits: limits.into(), ..snapshot.clone() })
}

/// A drill asks in seconds what a house asks in hours: its limits of use would refuse that, and so tell nothing of outages.
fn unlimited() -> Rates {
    Rates { plans: Vec::new(), models: Vec::new(), credentials: Vec::new(), end_users: None }
}

fn made_up_key(number: usize) -> Credential {
    let secret = Secret::new(format!("drill-key-{number}"));
    Credential { secret, origin: format!("drill, key {number}"), reference: None }
}
