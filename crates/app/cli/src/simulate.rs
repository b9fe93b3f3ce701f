//! `bellwether simulate`: runs the simulator until it is interrupted, and says in one JSON line where it is.

use anyhow::{Context, Result, anyhow};
use simulator::{NodeOptions, Options};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::SimulateOptions;

/// Pretends to be providers until a signal says stop.
pub(crate) fn run(options: &SimulateOptions) -> Result<()> {
    let nodes = options
        .nodes
        .iter()
        .map(|text| text.parse::<NodeOptions>().map_err(|why| anyhow!("--node {text}: {why}")));
    let options =
        Options { nodes: nodes.collect::<Result<_>>()?, control: options.control, seed: options.seed };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    runtime.block_on(async {
        let simulator = simulator::start(options).await.context("cannot start the simulator")?;
        say(&simulator.json());
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        simulator.stop().await;
        Ok(())
    })
}

#[expect(clippy::print_stdout, reason = "scripts read where the simulator is from this line")]
fn say(ready: &serde_json::Value) {
    println!("{ready}");
}
