//! How to serve, and where things are kept: of that all commands are told.

use std::path::PathBuf;

use clap::Args;

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
