//! How to serve, and where things are kept: of that all commands are told.

use std::ffi::OsStr;
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

impl ServeOptions {
    /// These, said behind the word `serve`, and what was said before it; the environment says the same of both.
    pub(crate) fn or(self, before: Self) -> Self {
        Self {
            listen: said(self.listen, before.listen, "BELLWETHER_LISTEN"),
            config: said(self.config, before.config, "BELLWETHER_CONFIG"),
            region: said(self.region, before.region, "BELLWETHER_REGION"),
            service: said(self.service, before.service, "BELLWETHER_SERVICE"),
        }
    }
}

fn said<T: AsRef<OsStr>>(behind: Option<T>, before: Option<T>, variable: &str) -> Option<T> {
    let is_of_environment = |said: &T| std::env::var_os(variable).is_some_and(|value| value == said.as_ref());
    match behind {
        Some(said) if !is_of_environment(&said) => Some(said),
        of_environment => before.or(of_environment),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Arguments, Command};

    #[test]
    fn what_is_said_before_the_word_serve_counts_and_what_is_said_behind_it_wins() {
        let listen = |words: &[&str]| {
            let asked = Arguments::parse_from(words);
            let Some(Command::Serve(options)) = asked.command else { panic!("{words:?}") };
            options.or(asked.serve).listen
        };
        assert_eq!(listen(&["bellwether", "--listen", "a:1", "serve"]).as_deref(), Some("a:1"));
        assert_eq!(listen(&["bellwether", "serve", "--listen", "b:1"]).as_deref(), Some("b:1"));
        let both = ["bellwether", "--listen", "a:1", "serve", "--listen", "b:1"];
        assert_eq!(listen(&both).as_deref(), Some("b:1"));
    }
}
