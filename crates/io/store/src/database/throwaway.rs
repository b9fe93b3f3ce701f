//! For tests: a PostgreSQL server that lives as long as a test, and `on_every_database!`, which holds all databases to the
//! same suite.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use domain::Secret;
use sqlx::{Connection, Executor};
use tempfile::TempDir;

use super::opened::Database;
use super::place::DatabasePlace;
use crate::keys::KeyHasher;

/// Where Debian keeps the programs; elsewhere they are on the path.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The server refuses to run as root; `nobody` of Debian and most others.
const NOBODY: u32 = 65_534;
/// Looks until it answers, a tenth of a second apart.
const LOOKS_MAX: usize = 300;

/// A running server without data of anybody.
pub(crate) struct Throwaway {
    server: Child,
    home: TempDir,
}

impl Throwaway {
    pub(crate) async fn start() -> Self {
        let home = tempfile::Builder::new().prefix("bellwether-pg-").tempdir_in("/tmp").unwrap();
        if is_root() {
            chown(home.path(), Some(NOBODY), None).unwrap();
        }
        let data = home.path().join("data");
        let made = program("initdb").args(["-U", "me", "-A", "trust", "--no-sync", "-D"]).arg(&data).status();
        assert!(made.unwrap().success(), "initdb");
        let server = program("postgres")
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(home.path())
            .args(["-h", "", "-F", "-c", "shared_buffers=16MB"])
            .spawn()
            .unwrap();
        let server = Self { server, home };
        for _ in 0..LOOKS_MAX {
            if sqlx::PgConnection::connect(server.url("postgres").expose()).await.is_ok() {
                return server;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the server does not answer");
    }

    /// An empty database of this name, made.
    pub(crate) async fn place(&self, name: &str) -> DatabasePlace {
        let mut connection = sqlx::PgConnection::connect(self.url("postgres").expose()).await.unwrap();
        let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\" TEMPLATE template0"));
        connection.execute(statement).await.unwrap();
        DatabasePlace::server(self.url(name)).unwrap()
    }

    /// The same, opened.
    pub(crate) async fn database(&self, name: &str) -> Database {
        Database::open(&self.place(name).await, &hasher()).await.unwrap()
    }

    /// Ends its connections as a restart of the server would.
    pub(crate) async fn break_connections(&self) {
        let mut connection = sqlx::PgConnection::connect(self.url("postgres").expose()).await.unwrap();
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                      WHERE pid <> pg_backend_pid() AND datname <> 'postgres'";
        connection.execute(others).await.unwrap();
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.home.path().join(".s.PGSQL.5432")
    }

    fn url(&self, database: &str) -> Secret {
        Secret::new(format!("postgres://me@localhost/{database}?host={}", self.home.path().display()))
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What every database in tests is opened with.
pub(crate) fn hasher() -> KeyHasher {
    KeyHasher::new(&[1; 32])
}

fn program(name: &str) -> Command {
    let mut command = Command::new(found(name));
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if is_root() {
        command.uid(NOBODY);
    }
    command
}

fn found(name: &str) -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir(DEBIAN).map_or_else(
        |_| Vec::new(),
        |found| found.filter_map(Result::ok).map(|entry| entry.path().join("bin").join(name)).collect(),
    );
    versions.sort();
    versions.into_iter().rfind(|path| path.exists()).unwrap_or_else(|| PathBuf::from(name))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self").metadata().is_ok_and(|own| own.uid() == 0)
}

/// Makes tests that run each function of a suite in memory, on a file, and on PostgreSQL: there one after the other, for
/// a server takes a second to start.
macro_rules! on_every_database {
    ($suite:ident: $($test:ident)*) => {
        mod in_memory {
            use super::$suite;
            $(
                #[tokio::test]
                async fn $test() {
                    let hasher = $crate::database::throwaway::hasher();
                    $suite::$test(&$crate::Database::in_memory(&hasher).await.unwrap()).await;
                }
            )*
        }
        mod on_file {
            use super::$suite;
            $(
                #[tokio::test]
                async fn $test() {
                    let dir = tempfile::tempdir().unwrap();
                    let place = $crate::DatabasePlace::File(dir.path().join($crate::DATABASE_FILE));
                    let hasher = $crate::database::throwaway::hasher();
                    $suite::$test(&$crate::Database::open(&place, &hasher).await.unwrap()).await;
                }
            )*
        }
        #[tokio::test]
        async fn on_postgres() {
            let server = $crate::database::throwaway::Throwaway::start().await;
            $(
                println!(stringify!($test));
                let database = server.database(stringify!($test)).await;
                $suite::$test(&database).await;
                database.close().await;
            )*
        }
    };
}
pub(crate) use on_every_database;
