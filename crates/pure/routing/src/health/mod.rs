//! How those who answer are doing: learnt from every attempt, read by every plan.

mod breaker;
#[cfg(test)]
mod breaker_tests;
mod digest;
mod fault;
mod key_rest;
mod model_places;
mod pace;
mod paid_probes;
mod path;
mod probing;
mod report;
mod role;
mod samples;
mod spread;
mod state;
mod switch;
mod table;
mod tally;
mod target_health;
mod window;

pub use breaker::{BreakerRules, RUN_MAX, Standing};
pub use digest::Digest;
pub use fault::Fault;
pub use key_rest::KeyRest;
pub use model_places::{MODELS_MAX, ModelPlaces};
pub use paid_probes::{DaySpend, PaidRules};
pub use path::{PathFinding, PathHealth, PathLook, PathWatch};
pub use probing::{ProbeRules, Probed, Probing};
pub use report::Report;
pub use samples::{SAMPLES_MAX, Sample};
pub use state::{State, Verdict, Why};
pub use switch::Switch;
pub use table::{Health, ProviderHealth, Reach, WayHealth};
pub use target_health::{Crowd, How, NotNow, Outcome, TargetHealth, Trying, Waiting};
