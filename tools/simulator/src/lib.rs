//! Pretends to be AI providers: for tests, for `bellwether simulate`, and as the built-in demo provider.
//!
//! A simulator has *nodes*, each with a name, a port, a steady [`Behaviour`] and [`Fault`]s, and may have a control
//! port. It speaks from the documented shapes of OpenAI's and Anthropic's APIs, written by hand, and shares no code with the gateway:
//! one hand must not make the same mistake twice. It is no model, no load generator and no HTTP library.
//!
//! # In a test
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use simulator::{NodeOptions, Options};
//!
//! let options = Options { nodes: vec![NodeOptions::new("eu"), NodeOptions::new("us")], ..Options::default() };
//! let simulator = simulator::start(options).await?;
//! let eu = simulator.node("eu").expect("just named");
//! eu.patch(&serde_json::json!({ "latency_ms": { "p50": 10, "p99": 80 } }))?;
//! eu.add_fault("status=429;retry_after=2".parse::<simulator::Fault>()?.times(1)?).await?;
//! // … send requests to eu.base_url() …
//! let text = simulator::expected_text("hello", 32); // what a chat answers to "hello"
//! let records = eu.records_when(|records| records.len() == 2).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Without sockets
//!
//! [`start_unbound`] starts nodes that are reached by [`Node::dial`] only, over a [`Wire`] within the process. On a runtime of
//! one thread whose clock is paused, all their delays are virtual, and one seed gives one run, byte for byte.
//!
//! # From outside
//!
//! The control port takes JSON; `GET /` lists all routes and faults.
//!
//! ```text
//! GET    /nodes                    state, faults and counters of all nodes
//! PUT    /nodes/eu                 {"latency_ms": 20, "key": "sk-1", "answer_tokens": 500}
//! POST   /nodes/eu/faults          {"fault": "cut=3", "times": 1}   or   {"fault": "status=500", "rate": 0.3}
//! DELETE /nodes/eu/faults
//! GET    /nodes/eu/requests        what it received, and how each answer ended
//! DELETE /nodes/eu/requests
//! POST   /reset                    everything as at the start
//! ```
//!
//! A single request asks for a fault by the header `x-simulate: cut=3`, or by `"user": "simulate:cut=3"` in its body
//! where headers do not get through; `simulate@eu:cut=3` concerns the node `eu` only. [`SYNTAX`] lists all faults.
//!
//! # What is answered
//!
//! A chat answers [`expected_text`] of the last user message, `answer_tokens` long or, where `max_tokens` asks for
//! less, cut to that (`finish_reason: length`). Four bytes are a token ([`tokens_in`]); the prompt's tokens are those
//! of the texts of its messages. Tools are called when `tool_choice` demands it or the message contains
//! [`TOOL_MARKER`] or [`EVERY_TOOL_MARKER`]. Embeddings are [`expected_vector`]. Everything drawn by chance comes from
//! seed, node name and the number of the request at that node, so one seed gives one run.
//!
//! The same is said in three dialects: `/chat/completions`, `/responses` (stored ones too) and `/messages`. The latter
//! two check every request as closely as the vendors' documents describe, chats do so with `is_strict`. Where thinking
//! is asked for it is [`expected_thinking`], sealed for the node's `account`; a seal that was changed, or comes from
//! another account, is refused, and with `binds_thinking` so is one behind another history.
//!
//! A node with `concurrent_max` works on so many requests at once, and refuses the others as `refusal` says, a fault such as
//! `status=429;retry_after=1`.
//!
//! A turn of the model's own that the caller began is treated as `beginnings` says: `anew`, `continued` or
//! `refused`.
//!
//! What is no conversation is answered with what was received: transcriptions and edited images with the fields, files
//! and their SHA-256 as their text; speech is [`expected_speech`], every image [`EXPECTED_IMAGE`]; moderations flag what
//! has [`FLAG_MARKER`] in it.
//!
//! # Scenarios
//!
//! What is said may be fixed turn by turn, see [`Step`]; the turn that is due is counted from the conversation.
//!
//! ```text
//! PUT /nodes/eu {"scenarios": {"edit": [
//!     [{"thinking": "…"}, {"text": "I look."}, {"call": {"name": "read", "arguments": {"path": "a.txt"}}}],
//!     [{"custom": {"name": "apply_patch", "input": "*** Begin Patch …"}}],
//!     [{"text": "It said: {result}"}]
//! ]}}
//! ```
//!
//! It is played by a request with the header `x-simulate-scenario: edit`, with `[scenario:edit]` in a text of the user,
//! with `edit` as its model, or, for all others, with `{"scenario": "edit"}` set on the node.
//!
//! # How it works
//!
//! A request becomes an honest `Reply`; `content` makes it say wrong things; `script` turns it into steps on the wire,
//! where things are sent wrongly; `player` plays the steps. Only the last of them touches a socket.

mod answer;
mod ask;
mod base64;
mod behaviour;
mod chat;
mod chunked;
mod completions;
mod content;
mod control;
mod delay;
mod demo;
mod dialect;
mod embeddings;
mod fault;
mod gzip;
mod http;
mod listener;
mod media;
mod memory;
mod messages;
mod misbehaviour;
mod node;
mod options;
mod player;
mod prompt;
mod recorder;
mod reply;
mod responses;
mod script;
mod seal;
mod seed;
mod simulator;
mod stream;
mod talk;
mod text;
mod wire;
mod wires;

pub use behaviour::{ANSWER_TOKENS_MAX, Beginnings, Behaviour};
pub use delay::{DELAY_MS_MAX, Delay};
pub use demo::{DEMO_MODELS, DEMO_NODE, demo};
pub use embeddings::{DIMENSIONS_DEFAULT, DIMENSIONS_MAX, expected_vector};
pub use fault::{FAULTS_MAX, Fault};
pub use media::{EXPECTED_IMAGE, FLAG_MARKER, expected_speech};
pub use misbehaviour::{HUGE_BYTES_MAX, SYNTAX};
pub use node::{Counters, Node};
pub use options::{NodeOptions, Options};
pub use recorder::{Outcome, RECORD_BODY_BYTES_MAX, RECORDED_BODIES_BYTES_MAX, RECORDS_MAX, Record};
pub use simulator::{Simulator, start, start_unbound};
pub use talk::{EVERY_TOOL_MARKER, Scenario, Step, Stop, TOOL_MARKER, expected_thinking};
pub use text::{BYTES_PER_TOKEN, EXCERPT_CHARACTERS_MAX, Voice, expected_text, tokens_in};
pub use wire::Wire;
