//! `bellwether import new-api`: finds the tables, wherever they are, and digests keys under our master key.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use domain::Secret;
use gateway::wall_clock;
use imports::new_api::{Accounts, NewApiImport, NewApiTables, Seal, layout_of, plan};
use providers::foreign::NewApiLayout;
use store::{DataDir, DataDirError, ForeignDatabase, KeyHasher, MasterKey, read_new_api};

use crate::arguments::{DataOptions, Layout};
use crate::environment;

const SQLITE_MARK: &[u8] = b"SQLite format 3\0";
/// Largest file of rows.
const JSON_BYTES_MAX: u64 = 256 * 1024 * 1024;
const JSON_ENDINGS: &[&str] = &["json", "jsonl"];

/// What the digests of an accounts file are for, in the mark of its master key.
const MARK_PURPOSE: &str = "accounts";
const MARK_TEXT: &str = "v1";

/// Reads and plans.
pub(super) fn read(source: &str, layout: Option<Layout>) -> Result<NewApiImport> {
    let tables = tables(source)?;
    let layout = match layout {
        Some(Layout::NewApi) => NewApiLayout::NewApi,
        Some(Layout::OneApi) => NewApiLayout::OneApi,
        None => match layout_of(&tables) {
            Some(layout) => layout,
            None if tables.channels.is_empty() => NewApiLayout::NewApi,
            None => bail!(
                "the columns of the channels do not tell whose numbers their types are; say --layout new-api or --layout one-api"
            ),
        },
    };
    Ok(plan(&tables, layout))
}

/// How a source may be named in what is printed: a URL holds a password.
pub(crate) fn shown(source: &str) -> &str {
    if is_url(source) { "the database" } else { source }
}

/// The file of accounts, with the digests of this house. Makes the data directory if it is missing, as a first key does.
pub(super) fn accounts_text(accounts: &Accounts, data: &DataOptions) -> Result<String> {
    if accounts.is_empty() {
        return Ok(String::new());
    }
    let hasher = hasher(data)?;
    let seal = Seal { digest: &|key| hasher.digest(key).0, mark: hasher.mark(MARK_PURPOSE, MARK_TEXT) };
    Ok(accounts.lines(&seal, wall_clock()))
}

fn hasher(data: &DataOptions) -> Result<KeyHasher> {
    if let Some(text) = environment::secret("BELLWETHER_MASTER_KEY")? {
        return Ok(MasterKey::from_text(&text).context("BELLWETHER_MASTER_KEY")?.key_hasher());
    }
    let dir = DataDir::create(environment::data_dir(data)?)?;
    let master = match dir.lock() {
        Ok(lock) => MasterKey::from_data_dir(&lock)?.0,
        // A server runs on it; its master key is only read.
        Err(DataDirError::InUse { .. }) => MasterKey::from_used_data_dir(&dir)?,
        Err(error) => return Err(error.into()),
    };
    Ok(master.key_hasher())
}

/// The tables, wherever they are.
pub(crate) fn tables(source: &str) -> Result<NewApiTables> {
    if let Some(name) = source.strip_prefix("env:") {
        let Some(url) = environment::secret(name)? else { bail!("the variable {name} is not set") };
        return if is_url(url.expose()) { url_tables(&url) } else { tables(url.expose()) };
    }
    if is_url(source) {
        return url_tables(&Secret::new(source.to_owned()));
    }
    let path = PathBuf::from(source.strip_prefix("sqlite://").unwrap_or(source));
    if path.is_dir() {
        return json_tables(&json_files(&path)?);
    }
    let mut start = Vec::new();
    let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(SQLITE_MARK.len() as u64)
        .read_to_end(&mut start)
        .with_context(|| format!("cannot read {}", path.display()))?;
    if start == SQLITE_MARK {
        return database(&ForeignDatabase::Sqlite(path));
    }
    json_tables(&[path])
}

fn is_url(source: &str) -> bool {
    let is_other = source.contains("://") && !source.starts_with("sqlite://");
    // What Go's MySQL driver takes: user:password@tcp(host:port)/database.
    is_other || source.contains("@tcp(") || source.contains("@unix(")
}

fn url_tables(url: &Secret) -> Result<NewApiTables> {
    if ["postgres://", "postgresql://"].iter().any(|scheme| url.expose().starts_with(scheme)) {
        return database(&ForeignDatabase::Postgres(url.clone()));
    }
    bail!(
        "only SQLite files and postgres:// URLs are read; of MySQL export the tables channels, users, tokens and options \
         as JSON, one row a line, and name the directory (docs/how-to/from-new-api.md has the commands)"
    )
}

fn database(database: &ForeignDatabase) -> Result<NewApiTables> {
    // It is there already where a test has run before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let found = runtime.block_on(read_new_api(database))?;
    Ok(NewApiTables {
        channels: found.channels,
        users: found.users,
        tokens: found.tokens,
        options: found.options,
        others: found.others,
    })
}

fn json_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let failed = || format!("cannot read {}", directory.display());
    let mut files = Vec::new();
    for entry in directory.read_dir().with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if path.extension().is_some_and(|ending| JSON_ENDINGS.iter().any(|known| ending == *known)) {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("there are no .json or .jsonl files in {}", directory.display());
    }
    files.sort();
    Ok(files)
}

fn json_tables(files: &[PathBuf]) -> Result<NewApiTables> {
    let mut tables = NewApiTables::default();
    for path in files {
        let failed = || format!("cannot read {}", path.display());
        let mut text = String::new();
        let file = File::open(path).with_context(failed)?;
        file.take(JSON_BYTES_MAX + 1).read_to_string(&mut text).with_context(failed)?;
        if text.len() as u64 > JSON_BYTES_MAX {
            bail!("{} is larger than {JSON_BYTES_MAX} bytes", path.display());
        }
        tables.add_json(&text).map_err(|why| {
            anyhow!("{} is neither an SQLite database nor JSON rows: {why}", path.display())
        })?;
    }
    Ok(tables)
}
