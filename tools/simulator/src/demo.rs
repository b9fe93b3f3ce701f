//! The built-in demo provider: what answers when no real provider is configured. It says so in every answer.

use std::io;

use crate::behaviour::Behaviour;
use crate::delay::Delay;
use crate::options::{NodeOptions, Options};
use crate::simulator::{Simulator, start};
use crate::text::Voice;

/// Name of the demo's only node.
pub const DEMO_NODE: &str = "demo";

/// The names the demo answers to.
pub const DEMO_MODELS: &[&str] = &[
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4-turbo",
    "gpt-3.5-turbo",
    "claude-sonnet-4.5",
    "gemini-2.5-flash",
    "deepseek-v3.2",
    "moonshot-v1-8k",
    "text-embedding-3-small",
];

/// Starts the demo on a free port of this machine: no control port, no records, no faults.
pub async fn demo() -> io::Result<Simulator> {
    let behaviour = Behaviour {
        gap_ms: Delay::Constant(20.0),
        tokens_per_event: 4,
        models: DEMO_MODELS.iter().map(|name| (*name).to_owned()).collect(),
        serves_any_model: false,
        ..Behaviour::default()
    };
    let node = NodeOptions {
        behaviour,
        voice: Voice::Demo,
        is_recording: false,
        obeys_directives: false,
        ..NodeOptions::new(DEMO_NODE)
    };
    start(Options { nodes: vec![node], control: None, seed: 0 }).await
}
