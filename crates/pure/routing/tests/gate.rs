//! A gate counts exactly, however many threads go through it.

use std::sync::atomic::{AtomicUsize, Ordering};

use routing::overload::Gate;

#[test]
fn it_is_exact_among_threads() {
    let (gate, inside, most) = (Gate::default(), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    if gate.enter(3, false) {
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        gate.leave();
                    }
                }
            });
        }
    });
    assert_eq!(gate.active(), 0);
    assert!(most.into_inner() <= 3 && gate.peak() <= 3);
}
