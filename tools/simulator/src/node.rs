//! One pretended provider endpoint: its behaviour, faults, counters and records. Sockets are `listener.rs`.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

use crate::behaviour::Behaviour;
use crate::fault::{Fault, Faults};
use crate::http::Request;
use crate::memory::Memory;
use crate::options::NodeOptions;
use crate::recorder::{Outcome, Record, Recorder};
use crate::seed::Generator;
use crate::text::Voice;
use crate::wire::Wire;

/// Longest wait for a node to close or open its door.
const DOOR_SECONDS_MAX: Duration = Duration::from_secs(5);

/// A node, steered from tests and by the control port.
#[derive(Debug)]
pub struct Node {
    options: NodeOptions,
    address: SocketAddr,
    seed: u64,
    started: Instant,
    state: Mutex<State>,
    recorder: Recorder,
    memory: Memory,
    /// What is wished for the door, and what it is.
    wants_shut: watch::Sender<bool>,
    is_shut: watch::Sender<bool>,
    /// Where peers within the process knock, if that is how it is reached.
    knocks: Option<mpsc::Sender<Wire>>,
}

#[derive(Debug)]
struct State {
    behaviour: Arc<Behaviour>,
    faults: Faults,
    counters: Counters,
    working: u32,
}

/// What a node has seen since the start or the last reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Requests read whole, but for questions.
    pub requests: u64,
    /// Questions that cost nothing, such as which models there are. They come when they like, so they neither meet the
    /// node's faults nor change what later answers say.
    pub questions: u64,
    /// Requests that broke a rule of HTTP, or whose peer left before they were whole.
    pub requests_unreadable: u64,
    /// Requests that met a fault.
    pub faults: u64,
    /// Requests that were refused because it worked on as many as it takes.
    pub refused: u64,
    /// Answers sent whole.
    pub whole: u64,
    /// Answers broken off by us.
    pub broken: u64,
    /// Answers whose peer hung up before they were whole.
    pub peer_gone: u64,
}

/// All that is fixed for one request when it is read.
pub(crate) struct Turn {
    pub(crate) number: u64,
    pub(crate) behaviour: Arc<Behaviour>,
    pub(crate) generator: Generator,
    pub(crate) fault: Option<Fault>,
    /// `None` where the node has no room for it.
    pub(crate) work: Option<Work>,
}

/// A place among the requests that a node works on, until it is dropped.
pub(crate) struct Work(Arc<Node>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.lock().working -= 1;
    }
}

impl Node {
    pub(crate) fn new(options: NodeOptions, address: SocketAddr, seed: u64, started: Instant) -> Self {
        let state = State {
            behaviour: Arc::new(options.behaviour.clone()),
            faults: Faults::new(options.faults.clone()),
            counters: Counters::default(),
            working: 0,
        };
        let is_refusing = state.faults.is_refusing();
        Self {
            options,
            address,
            seed,
            started,
            state: Mutex::new(state),
            recorder: Recorder::new(),
            memory: Memory::default(),
            wants_shut: watch::Sender::new(is_refusing),
            is_shut: watch::Sender::new(false),
            knocks: None,
        }
    }

    /// The same, reached by `dial` only.
    pub(crate) fn unbound(
        options: NodeOptions,
        seed: u64,
        started: Instant,
        knocks: mpsc::Sender<Wire>,
    ) -> Self {
        let address = options.listen;
        Self { knocks: Some(knocks), ..Self::new(options, address, seed, started) }
    }

    /// Connects from within the process to a node that was started unbound.
    pub fn dial(&self) -> io::Result<Wire> {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        if self.lock().faults.is_refusing() {
            return Err(refused());
        }
        let (ours, theirs) = Wire::pair();
        let knocks = self.knocks.as_ref().ok_or_else(refused)?;
        knocks.try_send(theirs).map_err(|_| refused())?;
        Ok(ours)
    }

    /// How many requests it is working on.
    pub fn working(&self) -> u32 {
        self.lock().working
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client sets as its base URL.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// How it behaves now.
    pub fn behaviour(&self) -> Arc<Behaviour> {
        Arc::clone(&self.lock().behaviour)
    }

    /// Changes the named fields of its behaviour, from the next request on.
    pub fn patch(&self, patch: &Value) -> Result<(), String> {
        let mut state = self.lock();
        state.behaviour = Arc::new(state.behaviour.patched(patch)?);
        Ok(())
    }

    /// Adds a fault behind those it has; returns once it holds.
    pub async fn add_fault(&self, fault: Fault) -> Result<(), String> {
        self.lock().faults.add(fault)?;
        self.door_follows().await;
        Ok(())
    }

    /// Takes all faults away.
    pub async fn clear_faults(&self) {
        self.lock().faults = Faults::default();
        self.door_follows().await;
    }

    /// Back to how it was started: behaviour, faults, counters, records.
    pub async fn reset(&self) {
        {
            let mut state = self.lock();
            state.behaviour = Arc::new(self.options.behaviour.clone());
            state.faults = Faults::new(self.options.faults.clone());
            state.counters = Counters::default();
        }
        self.recorder.clear();
        self.memory.clear();
        self.door_follows().await;
    }

    /// What it has seen.
    pub fn counters(&self) -> Counters {
        self.lock().counters
    }

    /// What it received, oldest first.
    pub fn records(&self) -> Vec<Record> {
        self.recorder.records()
    }

    /// Waits until its records are as wished, and gives them. Callers set the time limit.
    pub async fn records_when(&self, is_wished: impl Fn(&[Record]) -> bool) -> Vec<Record> {
        self.recorder.records_when(is_wished).await
    }

    /// Forgets what it received.
    pub fn clear_records(&self) {
        self.recorder.clear();
    }

    /// State and counters, as the control port shows them.
    pub fn json(&self) -> Value {
        let state = self.lock();
        json!({
            "name": self.options.name,
            "url": self.base_url(),
            "behaviour": *state.behaviour,
            "faults": state.faults.json(),
            "counters": state.counters,
        })
    }

    /// Tells the listener what is wished, and waits until it is so.
    pub(crate) async fn door_follows(&self) {
        self.wants_shut.send_replace(self.lock().faults.is_refusing());
        let mut is_shut = self.is_shut.subscribe();
        let settled = is_shut.wait_for(|is_shut| *is_shut == *self.wants_shut.borrow());
        // A node that was stopped has no door left to wait for.
        let _ = timeout(DOOR_SECONDS_MAX, settled).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while holding the state")
    }
}

/// What the listener and the answering side need.
impl Node {
    pub(crate) const fn voice(&self) -> Voice {
        self.options.voice
    }

    pub(crate) const fn obeys_directives(&self) -> bool {
        self.options.obeys_directives
    }

    pub(crate) const fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) fn door_wishes(&self) -> watch::Receiver<bool> {
        self.wants_shut.subscribe()
    }

    pub(crate) fn set_door(&self, is_shut: bool) {
        self.is_shut.send_replace(is_shut);
    }

    /// Counts a connection; its number, and whether it is to be reset at once.
    pub(crate) fn accepted(&self) -> (u64, bool) {
        let mut state = self.lock();
        state.counters.connections += 1;
        let number = state.counters.connections;
        let mut generator = Generator::for_request(self.seed, &format!("{}/door", self.options.name), number);
        (number, state.faults.resets_on_accept(&mut generator))
    }

    pub(crate) fn unreadable(&self) {
        self.lock().counters.requests_unreadable += 1;
    }

    /// Counts a request and fixes what goes wrong with it. A fault that the request asks for itself stands in for ours.
    pub(crate) fn turn(self: &Arc<Self>, asked: Option<Fault>, is_question: bool) -> Turn {
        let mut state = self.lock();
        if is_question {
            state.counters.questions += 1;
        } else {
            state.counters.requests += 1;
        }
        let number = state.counters.requests + state.counters.questions;
        let mut generator = Generator::for_request(self.seed, &self.options.name, state.counters.requests);
        let behaviour = Arc::clone(&state.behaviour);
        if !is_question && behaviour.concurrent_max.is_some_and(|max| state.working >= max) {
            state.counters.refused += 1;
            let fault = behaviour.refusal.parse().ok();
            return Turn { number, behaviour, generator, fault, work: None };
        }
        state.working += 1;
        let fault =
            asked.or_else(|| if is_question { None } else { state.faults.for_answer(&mut generator) });
        state.counters.faults += u64::from(fault.is_some());
        Turn { number, behaviour, generator, fault, work: Some(Work(Arc::clone(self))) }
    }

    /// Begins the record of a request; it ends when the returned value is told so, or is dropped.
    pub(crate) fn begin_record(
        self: &Arc<Self>,
        request: Request,
        turn: &Turn,
        connection: u64,
        (status, usage): (Option<u16>, Option<Value>),
    ) -> Recording {
        if self.options.is_recording {
            self.recorder.begin(Record {
                number: turn.number,
                connection,
                at_ms: self.now_ms(),
                method: request.method,
                target: request.target,
                headers: request.headers,
                body_bytes: request.body.len(),
                body: request.body,
                fault: turn.fault.as_ref().map(|fault| fault.text().to_owned()),
                status,
                usage,
                sent_bytes: 0,
                outcome: None,
                ended_at_ms: None,
            });
        }
        Recording { node: Arc::clone(self), number: turn.number, outcome: Outcome::Broken }
    }

    fn now_ms(&self) -> f64 {
        ms_since(self.started)
    }
}

/// Milliseconds since then, to the microsecond.
pub(crate) fn ms_since(started: Instant) -> f64 {
    started.elapsed().as_micros() as f64 / 1000.0
}

/// The record of a request whose answer is on its way. Dropped without a word it counts as broken by us.
pub(crate) struct Recording {
    node: Arc<Node>,
    number: u64,
    outcome: Outcome,
}

impl Recording {
    pub(crate) fn add_sent(&self, bytes: usize) {
        if self.node.options.is_recording {
            self.node.recorder.add_sent(self.number, bytes);
        }
    }

    pub(crate) fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        {
            let mut state = self.node.lock();
            let counter = match self.outcome {
                Outcome::Whole => &mut state.counters.whole,
                Outcome::Broken => &mut state.counters.broken,
                Outcome::PeerGone => &mut state.counters.peer_gone,
            };
            *counter += 1;
        }
        if self.node.options.is_recording {
            self.node.recorder.end(self.number, self.outcome, self.node.now_ms());
        }
    }
}
