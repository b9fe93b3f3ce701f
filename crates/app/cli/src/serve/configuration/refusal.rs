//! How problems and failures of the store become answers to administrators.

use admin::ConfigRefusal;
use config::Problem;
use store::{ConfigShelfError, StoreError};

pub(super) fn problems(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

pub(super) fn of_shelf(error: &ConfigShelfError) -> ConfigRefusal {
    match error {
        ConfigShelfError::Unknown(_) | ConfigShelfError::NoFormer => {
            ConfigRefusal::NoVersion(error.to_string())
        }
        ConfigShelfError::Sealed(..) | ConfigShelfError::Store(_) => ConfigRefusal::Failed(error.to_string()),
    }
}

pub(super) fn of_store(error: &StoreError) -> ConfigRefusal {
    ConfigRefusal::Failed(error.to_string())
}

pub(super) fn no_file() -> ConfigRefusal {
    ConfigRefusal::NoFile(
        "this gateway runs without a configuration file; name one by --config FILE".to_owned(),
    )
}
