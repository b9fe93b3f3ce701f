//! What a call has put aside of every budget that it counts for: of all or of none.

use std::sync::Arc;

use domain::{Money, Timestamp};
use limits::budget::{Hold, Refused};

use super::cell::BudgetCell;

/// Put aside for one call. Dropped, it costs nothing.
#[derive(Debug, Default)]
pub struct BudgetHolds {
    /// In the order of the budgets' numbers.
    holds: Vec<(Arc<BudgetCell>, Hold)>,
}

/// A budget has not that much left. Nothing was put aside then.
#[derive(Clone, Debug)]
pub struct BudgetRefusal {
    /// Which.
    pub budget: Arc<BudgetCell>,
    /// How it stands.
    pub why: Refused,
}

impl BudgetHolds {
    /// Puts that much aside of each, or of none.
    pub fn take(
        budgets: Vec<Arc<BudgetCell>>,
        amount: Money,
        now: Timestamp,
    ) -> Result<Self, Box<BudgetRefusal>> {
        let mut taken = Self { holds: Vec::with_capacity(budgets.len()) };
        for budget in budgets {
            match budget.take(amount, now) {
                Ok(hold) => taken.holds.push((budget, hold)),
                // What was taken before is given back when it is dropped.
                Err(why) => return Err(Box::new(BudgetRefusal { budget, why })),
            }
        }
        Ok(taken)
    }

    /// Puts that much more aside of each, or of none.
    pub fn extend(&mut self, amount: Money) -> Result<(), Box<BudgetRefusal>> {
        for at in 0..self.holds.len() {
            let (budget, hold) = &mut self.holds[at];
            if let Err(why) = budget.extend(hold, amount) {
                let budget = Arc::clone(budget);
                for (budget, hold) in &mut self.holds[..at] {
                    budget.shrink(hold, amount);
                }
                return Err(Box::new(BudgetRefusal { budget, why }));
            }
        }
        Ok(())
    }

    /// Puts that much less aside of each.
    pub fn shrink(&mut self, amount: Money) {
        for (budget, hold) in &mut self.holds {
            budget.shrink(hold, amount);
        }
    }

    /// Counts what the call cost; gives those of which the warning is due by that.
    pub fn end(mut self, actual: Money, now: Timestamp) -> Vec<Arc<BudgetCell>> {
        let ended = std::mem::take(&mut self.holds).into_iter();
        ended.filter_map(|(budget, hold)| budget.end(hold, actual, now).then_some(budget)).collect()
    }

    /// The budgets.
    pub fn budgets(&self) -> impl Iterator<Item = &Arc<BudgetCell>> {
        self.holds.iter().map(|(budget, _)| budget)
    }
}

impl Drop for BudgetHolds {
    fn drop(&mut self) {
        for (budget, hold) in std::mem::take(&mut self.holds) {
            // At no cost no window begins that was not there, and no warning is due.
            budget.end(hold, Money::ZERO, Timestamp(i64::MIN));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{Money, OrganisationId, ProjectId, Timestamp};
    use limits::budget::{Period, Rule, RuleId, Scope, Terms, Zone};

    use super::{BudgetCell, BudgetHolds};
    use crate::budgets::entry::BudgetEntry;

    const NOW: Timestamp = Timestamp(1_795_219_200_000);

    fn cell(number: u64, limit: i64) -> Arc<BudgetCell> {
        let terms = Terms { limit: Money::from_nano(limit), warn_percent: 80, is_hard: true };
        let scope = Scope::Project(ProjectId::implicit());
        let rule = Rule { id: RuleId(number), scope, period: Period::Day, zone: Zone::utc(), terms };
        let organisation = OrganisationId::implicit();
        let entry = BudgetEntry { rule, organisation, is_operators: true, created_at: NOW };
        Arc::new(BudgetCell::new(entry, Vec::new(), NOW))
    }

    fn stand(cells: &[Arc<BudgetCell>]) -> Vec<(i64, i64)> {
        let standings = cells.iter().map(|cell| cell.standing(NOW));
        standings.map(|it| (it.used.nano(), it.held.nano())).collect()
    }

    fn nano(nano: i64) -> Money {
        Money::from_nano(nano)
    }

    #[test]
    fn all_or_none_is_put_aside() {
        let cells = [cell(1, 100), cell(2, 50), cell(3, 100)];
        let refused = BudgetHolds::take(cells.to_vec(), nano(51), NOW).unwrap_err();
        assert_eq!((refused.budget.entry.rule.id, refused.why.available()), (RuleId(2), nano(50)));
        assert_eq!(stand(&cells), [(0, 0); 3]);
        let mut holds = BudgetHolds::take(cells.to_vec(), nano(40), NOW).unwrap();
        holds.extend(nano(11)).unwrap_err();
        assert_eq!(stand(&cells), [(0, 40); 3]);
        holds.extend(nano(10)).unwrap();
        holds.shrink(nano(1));
        assert_eq!(stand(&cells), [(0, 49); 3]);
        let warned: Vec<_> = holds.end(nano(45), NOW).iter().map(|cell| cell.entry.rule.id.0).collect();
        assert_eq!(warned, [2]);
        assert_eq!(stand(&cells), [(45, 0); 3]);
    }

    #[test]
    fn what_is_dropped_costs_nothing() {
        let cells = [cell(1, 100)];
        drop(BudgetHolds::take(cells.to_vec(), nano(100), NOW).unwrap());
        assert_eq!(stand(&cells), [(0, 0)]);
    }

    #[test]
    fn many_at_once_put_no_more_aside_than_there_is() {
        let cells = [cell(1, 1_000), cell(2, 2_000)];
        let ended: usize = std::thread::scope(|scope| {
            let calls = || {
                let call = |_: &usize| match BudgetHolds::take(cells.to_vec(), nano(7), NOW) {
                    Ok(holds) => {
                        assert!(cells.iter().all(|cell| cell.standing(NOW).available() >= Money::ZERO));
                        holds.end(nano(5), NOW);
                        true
                    }
                    Err(_) => false,
                };
                (0..500).filter(call).count()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(calls)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        let used = ended as i64 * 5;
        assert_eq!(stand(&cells), [(used, 0); 2]);
        assert!((900..=1_000).contains(&used), "{used}");
    }
}
