//! `bellwether import litellm`: the proxy's file, those it includes, and the variables it names.

use std::path::Path;

use anyhow::Result;
use imports::Imported;
use imports::litellm::{Outside, plan};

use crate::environment;
use crate::settings::refused;

/// Reads and plans; included files stand beside the one that names them.
pub(super) fn read(file: &Path) -> Result<Imported> {
    let text = environment::read_file(file).map_err(anyhow::Error::msg)?;
    let start = file.parent().unwrap_or(Path::new(""));
    let outside = Outside {
        variable: &environment::variable,
        read_file: &|path| environment::read_file(&start.join(path)),
    };
    plan(&file.display().to_string(), &text, &outside).map_err(|problems| refused(&problems))
}
