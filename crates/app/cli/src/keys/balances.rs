//! `bellwether keys import --balances`: keys with what they and their owners may still spend. Every step is a question to the
//! admin API that does nothing where it was done before, so an import that was cut off is gone on with by running it again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use domain::{Currency, Money};
use imports::balances::{Carried, Limit, Owner};
use serde_json::{Value, json};
use store::BUDGETS_MAX;

use super::balances_told::{Outcome, told};
use super::named::Named;
use crate::admin_client::refused_as;
use crate::arguments::{BalanceOptions, DataOptions};
use crate::near_admin::NearAdmin;
use crate::pages::all;
use crate::query::{path, query};
use crate::say::say;

/// Keys that are handed over at once.
const KEYS_AT_ONCE: usize = 5_000;
/// Entries asked for at once.
const PAGE: &str = "500";
/// Longest name of where balances come from; it is a part of the key of each entry.
const ORIGIN_CHARS_MAX: usize = 32;

/// Projects by the places of their owners.
type Projects = Vec<Option<String>>;

/// What is there before anything is done.
struct Present {
    projects: Projects,
    /// Their names, which may tell of other owners.
    names: Projects,
    /// By project.
    accounts: HashMap<String, Account>,
}

/// An account that is there.
struct Account {
    number: u64,
    currency: String,
}

/// Looks, and does what was found unless it is only tried.
pub(super) fn run(
    (data, config): (&DataOptions, Option<PathBuf>),
    carried: &Carried,
    options: &BalanceOptions,
    (origin, is_dry, is_json): (&str, bool, bool),
) -> Result<()> {
    if !carried.problems.is_empty() {
        let problems = carried.problems.join("\n");
        bail!("{} balances cannot be carried, so nothing was:\n{problems}", carried.problems.len());
    }
    let limits = carried.limits.len() + carried.owners.iter().filter(|owner| owner.limit.is_some()).count();
    check_count(limits, 0)?;
    let importing = Importing {
        admin: NearAdmin::find(data, config)?,
        carried,
        origin,
        organisation: options.organisation.as_deref().unwrap_or("org_default"),
        currency: &options.currency,
    };
    importing.check_currency()?;
    let mut present = importing.present()?;
    let mut outcome = Outcome::of(carried, &present.projects, is_dry);
    let known = importing.hand_over(&present.projects, true)?;
    importing.check_known(&known, &present.projects)?;
    importing.check_present(&known, &present)?;
    importing.check_room(&known, &present.projects)?;
    outcome.keys_known = known.len();
    if !is_dry {
        importing
            .carry(&mut present, &mut outcome)
            .context("the import was cut off; run it again: what was done already is not done twice")?;
    }
    say(&if is_json {
        outcome.json(&carried.keys.notes).to_string()
    } else {
        told(&outcome, &carried.keys.notes)
    });
    Ok(())
}

/// The name of where balances come from, if it is one.
pub(super) fn origin(said: &str) -> Result<&str> {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if said.is_empty() || said.len() > ORIGIN_CHARS_MAX || !said.chars().all(is_fit) {
        bail!(
            "--origin must be 1 to {ORIGIN_CHARS_MAX} letters, digits, dots, dashes or underscores, not {said:?}"
        );
    }
    Ok(said)
}

struct Importing<'a> {
    admin: NearAdmin,
    carried: &'a Carried,
    origin: &'a str,
    organisation: &'a str,
    currency: &'a str,
}

impl Importing<'_> {
    /// Amounts count in the currency of the prices, or for nothing.
    fn check_currency(&self) -> Result<()> {
        let wanted = Currency::parse(self.currency).with_context(|| {
            let known: Vec<_> = Currency::KNOWN.iter().map(|known| known.code()).collect();
            format!("--currency must be one of {}, not {:?}", known.join(", "), self.currency)
        })?;
        let prices = self.admin.ask("GET", &path(&["prices"]), None)?;
        let of_prices = prices["currency"].as_str().unwrap_or_default();
        if of_prices != wanted.code() {
            bail!(
                "the prices here are in {of_prices} and a unit there is {wanted}, so nothing was carried: accounts and \
                 budgets count in the currency of the prices. Set prices in {wanted}, or say what a unit is by --currency"
            );
        }
        Ok(())
    }

    fn present(&self) -> Result<Present> {
        let of = [("organisation", Some(self.organisation))];
        let found = all("projects", &of, |path| self.admin.ask("GET", path, None))?;
        let named = Named::of(found.iter().map(|project| text(project, "name")));
        let projects = self.carried.owners.iter().map(|owner| {
            let project = named.find(owner).map(|at| &found[at]);
            project.map(|project| (text(project, "id"), text(project, "name"))).unzip()
        });
        let (projects, names) = projects.unzip();
        let accounts = self.admin.ask("GET", &path(&["accounts"]), None)?;
        let of_project = |it: &Value| {
            let account = Account { number: it["number"].as_u64()?, currency: text(it, "currency") };
            Some((it["project"].as_str()?.to_owned(), account))
        };
        let accounts = list(&accounts, "accounts").filter_map(of_project).collect();
        Ok(Present { projects, names, accounts })
    }

    /// Hands the keys over, or only tries to. Gives those that are here already: id and project, by row.
    fn hand_over(&self, projects: &Projects, is_dry: bool) -> Result<BTreeMap<usize, (String, String)>> {
        let mut known = BTreeMap::new();
        for keys in self.carried.keys.keys.chunks(KEYS_AT_ONCE) {
            let keys: Vec<Value> = keys.iter().map(|key| self.wish(key, projects)).collect();
            let wish = json!({
                "source": format!("{} with balances", self.origin),
                "dry_run": is_dry,
                "skip_known": true,
                "keys": keys,
            });
            let taken = self.admin.ask("POST", &path(&["keys", "import"]), Some(&wish))?;
            known.extend(list(&taken, "known").filter_map(|it| {
                let row = usize::try_from(it["row"].as_u64()?).ok()?;
                Some((row, (text(it, "id"), text(it, "project"))))
            }));
        }
        Ok(known)
    }

    /// All budgets that are to be set have room, or none is set: with less than all of them nobody knows who may spend what.
    fn check_room(&self, known: &BTreeMap<usize, (String, String)>, projects: &Projects) -> Result<()> {
        let owners = self.carried.owners.iter().zip(projects);
        let of_owners =
            owners.filter_map(|(owner, project)| Some((project.clone(), owner.limit.as_ref()?.period)));
        let of_keys = self.carried.limits.iter();
        let of_keys = of_keys.map(|(row, limit)| (known.get(row).map(|(id, _)| id.clone()), limit.period));
        let wanted: Vec<_> = of_owners.chain(of_keys).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let (present, count) = self.budgets()?;
        let is_there = |(id, period): &(Option<String>, &'static str)| {
            id.as_ref().is_some_and(|id| present.contains(&(id.clone(), (*period).to_owned())))
        };
        let more = wanted.iter().filter(|wish| !is_there(wish)).count();
        check_count(more, count)
    }

    /// Whose budgets the operator has set, by the id and how often each begins anew; and how many there are of anybody.
    fn budgets(&self) -> Result<(HashSet<(String, String)>, usize)> {
        let (mut found, mut count, mut after): (HashSet<_>, _, Option<String>) = (HashSet::new(), 0, None);
        loop {
            let said = [("limit", Some(PAGE)), ("after", after.as_deref())];
            let page = self.admin.ask("GET", &format!("{}{}", path(&["budgets"]), query(said)), None)?;
            count += list(&page, "budgets").count();
            let operators = list(&page, "budgets").filter(|it| it["set_by"] == "operator");
            found.extend(operators.map(|it| (text(it, "id"), text(it, "period"))));
            after = page["next_after"].as_str().map(str::to_owned);
            if after.is_none() {
                return Ok((found, count));
            }
        }
    }

    /// A key in the project of its owner, with what it may spend: it is not open before that holds. One whose project is not
    /// made yet is tried under a name that nobody has.
    fn wish(&self, key: &Value, projects: &Projects) -> Value {
        let mut key = key.clone();
        let row = key["row"].as_u64().and_then(|row| usize::try_from(row).ok()).unwrap_or_default();
        if let Some(place) = self.carried.owner_of.get(&row) {
            match &projects[*place] {
                Some(project) => key["settings"]["project"] = project.as_str().into(),
                None => key["settings"]["name"] = format!("{}~{row}", text(&key["settings"], "name")).into(),
            }
        }
        if let Some(limit) = self.carried.limits.get(&row) {
            key["budget"] = json!({ "period": limit.period, "limit": limit.amount.to_string() });
        }
        key
    }

    /// A key that is here in another project is not paid for by its owner's account.
    fn check_known(&self, known: &BTreeMap<usize, (String, String)>, projects: &Projects) -> Result<()> {
        let mut elsewhere = Vec::new();
        for (row, (id, project)) in known {
            let Some(place) = self.carried.owner_of.get(row) else { continue };
            if projects[*place].as_ref() != Some(project) {
                elsewhere
                    .push(format!("row {row}: the key is here already as {id}, in the project {project}"));
            }
        }
        if !elsewhere.is_empty() {
            let lines = elsewhere.join("\n");
            bail!(
                "keys that are here in other projects would not be paid for by their owners' accounts, so nothing was carried:\n{lines}"
            );
        }
        Ok(())
    }

    /// What is here under the name of an owner must be his, and count as his balance does.
    fn check_present(&self, known: &BTreeMap<usize, (String, String)>, present: &Present) -> Result<()> {
        let at_home: BTreeSet<usize> =
            known.keys().filter_map(|row| self.carried.owner_of.get(row).copied()).collect();
        let mut findings = Vec::new();
        for (place, owner) in self.carried.owners.iter().enumerate() {
            let (Some(project), Some(name)) = (&present.projects[place], &present.names[place]) else {
                continue;
            };
            if owner.is_told_otherwise(name) && !at_home.contains(&place) {
                findings.push(format!(
                    "{}: the project {name:?} is here, and no key of {:?} is in it; give another database a name of its own by \
                     --origin, or rename the project if it is the same owner's",
                    owner.id,
                    owner.project_name()
                ));
            }
            let account = present.accounts.get(project).filter(|_| owner.credit.is_some());
            if let Some(Account { number, currency }) = account
                && !currency.eq_ignore_ascii_case(self.currency)
            {
                findings.push(format!(
                    "{}: account {number} of the project {name:?} is in {currency}, and a unit there is {}",
                    owner.id, self.currency
                ));
            }
        }
        if !findings.is_empty() {
            bail!("what is here does not fit, so nothing was carried:\n{}", findings.join("\n"));
        }
        Ok(())
    }

    fn carry(&self, present: &mut Present, outcome: &mut Outcome) -> Result<()> {
        for (place, owner) in self.carried.owners.iter().enumerate() {
            if present.projects[place].is_none() {
                let wish = json!({ "organisation": self.organisation, "name": owner.project_name() });
                let made = self.admin.ask("POST", &path(&["projects"]), Some(&wish))?;
                present.projects[place] = Some(text(&made, "id"));
            }
        }
        // Once more, now that their projects are there: no money is given where keys are refused.
        self.hand_over(&present.projects, true)?;
        for (owner, project) in self.carried.owners.iter().zip(&present.projects) {
            let project = project.as_deref().unwrap_or_default();
            if let Some(credit) = owner.credit {
                self.credit(owner, project, credit, &present.accounts, outcome)?;
            }
            if let Some(limit) = owner.limit {
                self.limit("project", project, limit, outcome)?;
            }
        }
        let known = self.hand_over(&present.projects, false)?;
        let rows = self.carried.keys.keys.iter().filter_map(|key| usize::try_from(key["row"].as_u64()?).ok());
        for (row, limit) in rows.filter_map(|row| Some((row, self.carried.limits.get(&row)?))) {
            match known.get(&row) {
                // Left without by an import of a version that set budgets behind the keys.
                Some((id, _)) => self.limit("key", id, *limit, outcome)?,
                None => outcome.budgets_set += 1,
            }
        }
        Ok(())
    }

    fn credit(
        &self,
        owner: &Owner,
        project: &str,
        amount: Money,
        accounts: &HashMap<String, Account>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let number = match accounts.get(project) {
            Some(account) => account.number,
            None => {
                let wish = json!({
                    "organisation": self.organisation,
                    "project": project,
                    "currency": self.currency,
                    "warn_below": "0",
                });
                let made = self.admin.ask("POST", &path(&["accounts"]), Some(&wish))?;
                outcome.accounts_made += 1;
                made["number"].as_u64().context("an account without a number")?
            }
        };
        if amount == Money::ZERO {
            return Ok(());
        }
        let id = format!("import:{}:{}", self.origin, owner.id);
        let wish = json!({
            "amount": amount.to_string(),
            "reason": format!("balance of {} in {}", owner.id, self.origin),
            "id": id,
        });
        let done = self.admin.ask("POST", &path(&["accounts", &number.to_string(), "credit"]), Some(&wish));
        match done {
            Ok(_) => outcome.credited(amount),
            Err(error) if refused_as(&error, "entry_repeated") => {
                self.check_credited(&id, number, !accounts.contains_key(project))?;
                outcome.credited_before += 1;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// An entry that is there must be this account's: else another organisation or database had the same name.
    fn check_credited(&self, id: &str, number: u64, is_new: bool) -> Result<()> {
        let key = format!("credit:{id}");
        let number_said = number.to_string();
        // What was credited a moment ago may not be told yet.
        if is_new || (!self.is_told(&key, Some(&number_said))? && self.is_told(&key, None)?) {
            bail!(
                "the balance {id} was credited to another account than {number}, by an import from a database of the same name \
                 or into another organisation; give this one a name of its own by --origin"
            );
        }
        Ok(())
    }

    /// Whether there is such an entry, of an account or of any. Others begin with the same key.
    fn is_told(&self, key: &str, account: Option<&str>) -> Result<bool> {
        let mut after: Option<String> = None;
        loop {
            let said = [
                ("account", account),
                ("key", Some(key)),
                ("limit", Some(PAGE)),
                ("after", after.as_deref()),
            ];
            let asked = format!("{}{}", path(&["ledger", "entries"]), query(said));
            let page = self.admin.ask("GET", &asked, None)?;
            if list(&page, "entries").any(|entry| entry["key"] == key) {
                return Ok(true);
            }
            after = page["next_after"].as_str().map(str::to_owned);
            if after.is_none() {
                return Ok(false);
            }
        }
    }

    fn limit(&self, scope: &str, id: &str, limit: Limit, outcome: &mut Outcome) -> Result<()> {
        let wish = json!({
            scope: id,
            "period": limit.period,
            "limit": limit.amount.to_string(),
            "reason": format!("carried from {}", self.origin),
        });
        match self.admin.ask("POST", &path(&["budgets"]), Some(&wish)) {
            Ok(_) => outcome.budgets_set += 1,
            Err(error) if refused_as(&error, "budget_taken") => outcome.budgets_known += 1,
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// So many more budgets than there are.
fn check_count(more: usize, present: usize) -> Result<()> {
    if present + more > BUDGETS_MAX {
        let present =
            if present == 0 { String::new() } else { format!(" beside the {present} that are set") };
        bail!(
            "{more} budgets would be set{present}, and at most {BUDGETS_MAX} can be, so nothing was carried: a quota there is a \
             budget here; take over fewer keys with quotas"
        );
    }
    Ok(())
}

fn list<'v>(of: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    of[name].as_array().into_iter().flatten()
}

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use store::BUDGETS_MAX;

    use super::check_count;

    #[test]
    fn budgets_that_have_no_room_are_refused_before_anything_is_done() {
        for (more, present) in [(0, 0), (BUDGETS_MAX, 0), (1, BUDGETS_MAX - 1), (0, BUDGETS_MAX)] {
            assert!(check_count(more, present).is_ok(), "{more} {present}");
        }
        let refused = check_count(2, BUDGETS_MAX - 1).unwrap_err().to_string();
        assert!(refused.starts_with("2 budgets would be set beside the 99999 that are set"), "{refused}");
        let refused = check_count(BUDGETS_MAX + 1, 0).unwrap_err().to_string();
        assert!(refused.starts_with("100001 budgets would be set, and at most 100000 can be"), "{refused}");
    }
}
