//! One world out of one seed: the fleet, the network before it, and the gateway in the middle with one worker.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use config::{Overrides, Sources};
use domain::Timestamp;
use observe::{Format, Log, LogOptions, LogThread, Metrics, Sink};
use routing::Rng;
use simulator::{Options, Simulator, start_unbound};
use upstream::Client;

use super::desk::Desk;
use super::fleet::Fleet;
use super::network::Network;
use crate::worker::Worker;
use crate::{BodyRoom, Gateway, GatewayParts, Serving, wall_clock};

/// More batches than there can be: nothing may depend on how fast a disk is.
const LOG_BATCHES_MAX: usize = 4096;

/// All that plays.
pub(super) struct World {
    pub(super) simulator: Simulator,
    pub(super) network: Rc<Network>,
    pub(super) worker: Rc<Worker>,
    pub(super) log_thread: LogThread,
    pub(super) log_path: PathBuf,
}

impl World {
    /// On a runtime whose clock is paused.
    pub(super) fn of(fleet: &Fleet, desk: &Desk, seed: u64, folder: &Path, rng: &mut Rng) -> Self {
        let options = Options { nodes: fleet.nodes.clone(), control: None, seed };
        let simulator = start_unbound(options).unwrap();
        let network = Network::to(simulator.nodes(), Rng::new(rng.next()));
        let log_path = folder.join(format!("{seed}.log"));
        let now: fn() -> Timestamp = wall_clock;
        let sink = Sink::File(log_path.clone());
        let options = LogOptions { format: Format::Json, sink, queue_batches_max: LOG_BATCHES_MAX, now };
        let (log, log_thread) = Log::start(&options).unwrap();
        let gateway = gateway(fleet, desk, log);
        let client = Client::over(network.given());
        let worker = Worker::with(gateway, 0, client, Rng::new(rng.next()));
        Self { simulator, network, worker, log_thread, log_path }
    }

    /// What is under way in the gateway and at the nodes, in words; nothing where nothing is.
    pub(super) fn left(&self) -> Vec<String> {
        let gateway = &self.worker.gateway;
        let mut left = Vec::new();
        let mut note = |what: &str, count: f64| {
            if count != 0.0 {
                left.push(format!("{what}: {count}"));
            }
        };
        for gauge in crate::overload::gauges(gateway) {
            let is_now = matches!(
                gauge.name,
                "ai_gateway_calls"
                    | "ai_gateway_queue_calls"
                    | "ai_gateway_target_requests"
                    | "ai_gateway_target_queue_calls"
            );
            if is_now {
                note(gauge.name, gauge.value);
            }
        }
        note("bytes of bodies", gateway.bodies.bytes_taken() as f64);
        let metrics = gateway.metrics.render(&[]);
        let counts_calls = |line: &&str| line.split('{').next() == Some("ai_gateway_in_flight");
        for line in metrics.lines().filter(counts_calls) {
            let value = line.rsplit(' ').next().unwrap_or_default();
            note(line, value.parse().unwrap_or(f64::NAN));
        }
        for node in self.simulator.nodes() {
            note(&format!("requests that {} works on", node.name()), f64::from(node.working()));
            let open = node.records().iter().filter(|record| record.outcome.is_none()).count();
            note(&format!("answers that {} still gives", node.name()), open as f64);
        }
        left
    }
}

fn gateway(fleet: &Fleet, desk: &Desk, log: Log) -> Arc<Gateway> {
    let text = fleet.config.to_string();
    let sources = Sources {
        text: Some(("simulation.yaml", &text)),
        catalog: None,
        env: &|_| None,
        env_names: Vec::new(),
        read_file: &|_| Err("there are no files here".to_owned()),
        stored: &|_| config::Stored::NotOpen,
        overrides: Overrides::default(),
    };
    let snapshot = config::check(&sources).unwrap_or_else(|problems| panic!("{problems:?} in {text}"));
    Gateway::new(GatewayParts {
        serving: Serving::new(&snapshot, None).unwrap(),
        keys: desk.keys.clone(),
        hasher: desk.hasher.clone(),
        metrics: Metrics::new("simulation".to_owned(), 1),
        log,
        workers: 1,
        epoch: 1,
        node: 0,
        control: None,
        caller_desk: None,
        descriptors_max: None,
        switches: Vec::new(),
        answers: None,
        rows: None,
        body_room: BodyRoom {
            memory_bytes_max: Some(16 << 20),
            spool_dir: std::env::temp_dir(),
            spool_bytes_max: 0,
        },
    })
}
