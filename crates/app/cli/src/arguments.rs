//! The command line: what can be said, and the help that teaches it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::provider_arguments::{AuditArguments, ProviderArguments};

const EXAMPLES: &str = include_str!("help.txt");

/// An AI API gateway: one OpenAI-compatible endpoint in front of all your providers.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, about, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) data: DataOptions,
    #[command(flatten)]
    pub(crate) serve: ServeOptions,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer callers (the same as no command at all).
    Serve(ServeOptions),
    /// Say whether a start would succeed: every problem of the configuration at once. Starts nothing.
    Check(CheckOptions),
    /// Show the configuration in force, compare it, put a former one back.
    Config(ConfigArguments),
    /// What is known of models: sizes, abilities, draft prices, other names. Your own file goes over what is shipped.
    Catalog(CatalogArguments),
    /// Make, list, change and revoke callers' keys, on the running server or, without one, in the data directory.
    Keys(KeysArguments),
    /// Take a provider, a region of it or a model out of service at once, and put it back. No restart, no new configuration.
    Provider(ProviderArguments),
    /// Who changed what, when and why.
    Audit(AuditArguments),
    /// Move in: make a configuration from another gateway's, and say what could not be carried.
    Import(ImportArguments),
    /// Say whether the running server is fit for callers: keys, lines, models, monitoring, and a real answer of each model.
    Preflight(PreflightOptions),
    /// Say what would become of a request: who would be asked, in what order and for how long, who not, and why. Asks nobody.
    Explain(ExplainOptions),
    /// Ask the running server whether it takes calls: exit code 0 if it does. For container and service health checks.
    Health(HealthOptions),
    /// Pretend to be AI providers, with every misbehaviour you want: for trying things out and for tests.
    Simulate(SimulateOptions),
}

/// Where things are kept.
#[derive(Args, Clone, Debug)]
pub(crate) struct DataOptions {
    /// Where keys and secrets are kept [default: $XDG_DATA_HOME/bellwether, else ~/.local/share/bellwether].
    #[arg(long, global = true, value_name = "DIR", env = "BELLWETHER_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServeOptions {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:4000].
    #[arg(long, value_name = "ADDRESS:PORT", env = "BELLWETHER_LISTEN")]
    pub(crate) listen: Option<String>,
    /// YAML file with providers, models, listeners and limits [default: ./bellwether.yaml if it is there].
    #[arg(long, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// This gateway's own region, as shown in /v1/health.
    #[arg(long, value_name = "NAME", env = "BELLWETHER_REGION")]
    pub(crate) region: Option<String>,
    /// This gateway's name in metrics [default: bellwether].
    #[arg(long, value_name = "NAME", env = "BELLWETHER_SERVICE")]
    pub(crate) service: Option<String>,
}

/// What to check.
#[derive(Args, Debug)]
pub(crate) struct CheckOptions {
    /// The file, as --config [default: ./bellwether.yaml if it is there].
    pub(crate) file: Option<PathBuf>,
    /// Also ask every provider whether it takes its keys. It costs nothing; the answer is the provider's own.
    #[arg(long)]
    pub(crate) live: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) serve: ServeOptions,
}

/// What to do with the configuration.
#[derive(Args, Debug)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// Verbs for the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print what is in force on the running server or, without one, what a start would use. Secrets are masked.
    Show {
        /// Everything in force, also what nobody has configured.
        #[arg(long)]
        effective: bool,
        /// Print JSON instead of YAML.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        serve: ServeOptions,
    },
    /// List the configurations that were in force, the newest first.
    Versions {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Compare two configurations value by value: by default what is in force with the file as it stands.
    Diff {
        /// in-force, file, or the number of a version [default: in-force].
        from: Option<String>,
        /// in-force, file, or the number of a version [default: file].
        to: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        serve: ServeOptions,
    },
    /// Put a former configuration back, in force and into the file. What stood there is kept as a version.
    Revert {
        /// Number of the version [default: the last good one; if that is what the file holds, the one before it].
        version: Option<i64>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        serve: ServeOptions,
    },
    /// Make the running server read its file now. It does so by itself within seconds of a change.
    Reload {
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}

/// What to do with the catalogue of models.
#[derive(Args, Debug)]
pub(crate) struct CatalogArguments {
    #[command(subcommand)]
    pub(crate) command: CatalogCommand,
}

/// Verbs for the catalogue of models.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// List the models that are known.
    List {
        /// Only of this kind of provider, such as openai.
        #[arg(long)]
        kind: Option<String>,
        /// Also those that are no longer served.
        #[arg(long)]
        retired: bool,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Show all that is known of a model, and where it was read.
    Show {
        /// Its name, or another name for it.
        name: String,
        /// Only of this kind of provider.
        #[arg(long)]
        kind: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Tell in what your own file changes what is shipped, or in what another would change what is in force.
    Diff {
        /// A file or URL to compare with what is in force.
        from: Option<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Take a file as your own catalogue, in place of the one before. What it changes is shown; bad input changes nothing.
    Update {
        /// The file, or the URL where it is.
        #[arg(long, value_name = "FILE|URL")]
        from: String,
        /// Only show what it would change.
        #[arg(long)]
        dry_run: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}

/// What to do with keys.
#[derive(Args, Debug)]
pub(crate) struct KeysArguments {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

/// Verbs for keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key; it is shown this once.
    Create {
        /// What it is for, such as the application or person that will use it.
        #[arg(long)]
        name: String,
        /// Days until it stops working [default: never].
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        expires_days: Option<u32>,
        /// Refuse its callers' requests where translation would lose something, rather than warn.
        #[arg(long)]
        strict: bool,
        /// The models its callers may ask for; a name may end in * for whatever follows [default: all].
        #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
        models: Vec<String>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// List all keys; never the keys themselves.
    List {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Change a key; the next call with it is served so.
    #[command(group(ArgGroup::new("change").args(["strict", "no_strict", "models", "all_models"]).required(true).multiple(true)))]
    Change {
        /// The key's id, as `bellwether keys list` shows it.
        id: String,
        /// Refuse its callers' requests where translation would lose something.
        #[arg(long, conflicts_with = "no_strict")]
        strict: bool,
        /// Only warn its callers, unless a request itself asks to be strict.
        #[arg(long)]
        no_strict: bool,
        /// The models its callers may ask for from now on; a name may end in * for whatever follows.
        #[arg(long, value_name = "NAME,NAME", value_delimiter = ',', conflicts_with = "all_models")]
        models: Vec<String>,
        /// Its callers may ask for all models.
        #[arg(long)]
        all_models: bool,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Take a key back: it is refused from this moment on, for good.
    Revoke {
        /// The key's id, as `bellwether keys list` shows it.
        id: String,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}

/// What to import.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    #[command(subcommand)]
    pub(crate) command: ImportCommand,
}

/// The gateways that can be left.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// From the configuration file of a LiteLLM proxy. Files that it includes are read as well.
    Litellm {
        /// The proxy's config.yaml.
        file: PathBuf,
        #[command(flatten)]
        options: ImportOptions,
    },
    /// From the database of a new-api or one-api: channels as providers and models; users, keys and balances as a file.
    #[command(visible_alias = "one-api")]
    NewApi {
        /// The SQLite file, a postgres:// URL, env:NAME of a variable that holds one, or JSON: a file or a directory.
        source: String,
        /// Whose numbers the types of channels are [default: what the columns tell].
        #[arg(long, value_enum)]
        layout: Option<Layout>,
        #[command(flatten)]
        options: ImportOptions,
    },
}

/// Which gateway numbered the types of channels.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Layout {
    NewApi,
    OneApi,
}

/// What to do with what is found.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImportOptions {
    /// Write the configuration there, and beside it what must be kept apart, each readable by you alone.
    #[arg(long, value_name = "PATH")]
    pub(crate) write: Option<PathBuf>,
    /// Write nothing: report, and show the configuration. This is also what happens without --write.
    #[arg(long, conflicts_with = "write")]
    pub(crate) dry_run: bool,
    /// Write over files that are there.
    #[arg(long, requires = "write")]
    pub(crate) force: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to try.
#[derive(Args, Debug)]
pub(crate) struct PreflightOptions {
    /// Where callers reach the server [default: the one that runs on the data directory, else BELLWETHER_URL].
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Ask for this model; may be given several times [default: every configured one, else the cheapest that is known of each
    /// provider].
    #[arg(long = "model", value_name = "NAME", conflicts_with = "free")]
    pub(crate) models: Vec<String>,
    /// Ask no model. Without it each model is asked for one short answer, which costs a few tokens.
    #[arg(long)]
    pub(crate) free: bool,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What would be asked.
#[derive(Args, Debug)]
pub(crate) struct ExplainOptions {
    /// The model, as a caller would name it.
    pub(crate) model: String,
    /// Tokens of the prompt.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) prompt_tokens: u64,
    /// The cap on tokens of the answer.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) output_tokens: u64,
    /// The answer is to be streamed.
    #[arg(long)]
    pub(crate) stream: bool,
    /// What the model must be able to do: tools, images, audio, documents, schema.
    #[arg(long, value_name = "WHAT,WHAT", value_delimiter = ',')]
    pub(crate) needs: Vec<String>,
    /// The id of the caller's key, as `bellwether keys list` shows it.
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,
    /// A header of the request, as "NAME: VALUE"; may be given several times.
    #[arg(long = "header", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// The model that the caller would like best, as x-bellwether-prefer says it.
    #[arg(long, value_name = "MODEL")]
    pub(crate) prefer: Option<String>,
    /// The caller has a chain of his own, as x-bellwether-fallback: off says it.
    #[arg(long)]
    pub(crate) no_fallback: bool,
    /// Where it is sent to [default: /v1/chat/completions].
    #[arg(long, value_name = "PATH")]
    pub(crate) surface: Option<String>,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whom to ask.
#[derive(Args, Debug)]
pub(crate) struct HealthOptions {
    /// The server [default: the one that runs on the data directory].
    #[arg(long, value_name = "URL", env = "BELLWETHER_URL")]
    pub(crate) url: Option<String>,
}

/// How to simulate.
#[derive(Args, Debug)]
pub(crate) struct SimulateOptions {
    /// A node to pretend, as name=address:port or just a name (then any free port); may be given several times.
    #[arg(long = "node", value_name = "NAME[=ADDRESS:PORT]", default_value = "local")]
    pub(crate) nodes: Vec<String>,
    /// Where the simulator itself is steered; `GET /` there explains how.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) control: Option<SocketAddr>,
    /// Makes delays and random faults repeatable.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Arguments, Command};

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn serving_needs_no_word_and_takes_options_either_way() {
        let plain = Arguments::parse_from(["bellwether", "--listen", "127.0.0.1:0", "--data-dir", "/tmp/x"]);
        assert!(plain.command.is_none() && plain.serve.listen.as_deref() == Some("127.0.0.1:0"));
        let word =
            Arguments::parse_from(["bellwether", "serve", "--listen", "127.0.0.1:0", "--data-dir", "/tmp/x"]);
        assert!(
            matches!(word.command, Some(Command::Serve(options)) if options.listen.as_deref() == Some("127.0.0.1:0"))
        );
        assert!(word.data.data_dir.is_some());
    }
}
