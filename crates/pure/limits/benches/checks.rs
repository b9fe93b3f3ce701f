//! What it costs to ask whether a call may go: `cargo bench -p limits`.

use std::sync::Arc;
use std::time::Duration;

use divan::{Bencher, black_box};
use domain::{KeyId, OrganisationId, ProjectId};
use limits::Tick;
use limits::rate::{Cell, Counters, InMemory, Measure, Need, Settled, Terms, WhenReached, Whose};

fn main() {
    divan::main();
}

/// Three measures for each of a key, its project and its organisation.
fn needs() -> Vec<Need> {
    let amounts = [
        (Measure::RequestsPerSecond, 1_000_000),
        (Measure::TokensPerMinute, 10_000_000_000),
        (Measure::ConcurrentRequests, 1_000_000),
    ];
    let terms = Terms::of(amounts, Some(60), (WhenReached::Refuse, None)).expect("they can be");
    let whose = [
        Whose::Key(KeyId::parse("key_a").expect("an id")),
        Whose::Project(ProjectId::implicit()),
        Whose::Organisation(OrganisationId::implicit()),
    ];
    let cells = whose.into_iter().flat_map(|whose| Cell::all(&Arc::new(whose), (&terms, "operator"), &[]));
    cells
        .map(|cell| Need { cost: if cell.measure == Measure::TokensPerMinute { 100 } else { 1 }, cell })
        .collect()
}

/// A call with so many limits is let in and over.
#[divan::bench(args = [1, 3, 9])]
fn let_in_and_over(bencher: Bencher<'_, '_>, count: usize) {
    let needs = &needs()[..count];
    let mut now = 0;
    bencher.bench_local(|| {
        now += 100_000;
        let taken = InMemory.take(black_box(needs), Tick(now));
        for need in needs {
            let ran = Duration::from_millis(1);
            let settled = Settled { cell: &need.cell, taken: need.cost, actual: need.cost, ran };
            InMemory.settle(&[settled], Tick(now));
        }
        taken
    });
}

/// One that is refused by the last of so many.
#[divan::bench(args = [1, 3, 9])]
fn refused(bencher: Bencher<'_, '_>, count: usize) {
    let mut needs = needs();
    needs.truncate(count);
    let terms = Terms::of([(Measure::RequestsPerMinute, 1)], None, (WhenReached::Refuse, None));
    let whose = Arc::new(Whose::Project(ProjectId::implicit()));
    let full = Cell::all(&whose, (&terms.expect("it can be"), "plan"), &[]).remove(0);
    full.take(1, Tick(0)).expect("it is new");
    needs[count - 1] = Need { cell: full, cost: 1 };
    bencher.bench_local(|| InMemory.take(black_box(&needs), Tick(1)));
}
