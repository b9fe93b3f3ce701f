//! What it costs to decide who is asked: `cargo bench -p routing`.

use std::sync::Arc;
use std::time::Duration;

use divan::{Bencher, black_box};
use routing::health::Health;
use routing::{Ask, Moment, Policy, Rng, Route, RoutesBuilder, Situation, Target, plan};

fn main() {
    divan::main();
}

/// One model, served by `targets` lines of ten providers.
fn planned(bencher: Bencher<'_, '_>, targets: u16, policy: Policy) {
    let mut route = Route::default();
    let model: Arc<str> = Arc::from("gpt-4o-mini");
    let per_provider = targets.div_ceil(10);
    let all =
        (0..targets).map(|place| Target::by(place / per_provider, place % per_provider, Some(model.clone())));
    route.add(all, policy, true);
    let mut builder = RoutesBuilder::default();
    builder.model("fast", &route);
    let routes = builder.build();
    let health = Health::unknown([usize::from(per_provider); 10]);
    let mut rng = Rng::new(1);
    let now = Moment::after_start(Duration::from_secs(100));
    bencher.bench_local(|| {
        let situation = Situation { routes: &routes, health: &health, attempts_max: 3, now: black_box(now) };
        plan(&situation, &Ask::of("fast", true), |_| None, &mut rng)
    });
}

#[divan::bench(args = [1, 6, 100])]
fn balanced(bencher: Bencher<'_, '_>, targets: u16) {
    planned(bencher, targets, Policy::Balanced);
}

#[divan::bench(args = [6, 100])]
fn weighted(bencher: Bencher<'_, '_>, targets: u16) {
    planned(bencher, targets, Policy::Weighted);
}

#[divan::bench(args = [6, 100])]
fn fastest(bencher: Bencher<'_, '_>, targets: u16) {
    planned(bencher, targets, Policy::Fastest);
}

#[divan::bench(args = [6, 100])]
fn sticky(bencher: Bencher<'_, '_>, targets: u16) {
    planned(bencher, targets, Policy::Sticky);
}
