//! `bellwether drill`: outages rehearsed on a configuration, with a simulator in the place of the providers; and the mistakes in it
//! that keep failover from working. Nobody outside this machine is asked, and no key is needed.
//!
//! `house` is the configuration as the `rules` look at it. `faults` are what is played: by `play` on a `stage`, which stands on the
//! `ground`, at the `pace` of a drill, for a `caller`; `verdict` says what the `scenes` show. What a stream may come to when it
//! breaks is said in `faults` alone.

mod caller;
mod command;
mod faults;
mod finding;
mod ground;
mod house;
mod pace;
mod play;
mod report;
mod rules;
mod scenes;
mod stage;
mod stand_ins;
mod switched;
mod verdict;

pub(crate) use command::{Outcome, run};
