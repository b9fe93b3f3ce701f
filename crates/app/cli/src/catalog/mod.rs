//! `bellwether catalog`: what is known of models, and the operator's own file over what is shipped.

mod command;
mod download;
mod own_file;
mod shown;

use anyhow::Result;
use providers::models::Catalogue;

use crate::arguments::DataOptions;

pub(crate) use command::run;

/// What a start would use: what is shipped, and the operator's own file over it.
pub(crate) fn in_force(data: &DataOptions) -> Result<Catalogue> {
    own_file::OwnFile::of(data)?.in_force()
}
