//! Every input that was ever of interest, put to its claim again: the seeds the fuzzer starts from, and whatever it has
//! found. So a finding stays found on machines that never fuzz.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use claims::CLAIMS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The files of a folder; none where there is no folder.
fn inputs(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_seed_and_every_finding_holds() {
    for (name, claim) in CLAIMS {
        let seeds = inputs(&fuzz().join("seeds").join(name));
        assert!(seeds.len() >= 3, "{name} has seeds to start from");
        for path in seeds.into_iter().chain(inputs(&fuzz().join("regressions").join(name))) {
            let input = fs::read(&path).unwrap();
            let outcome = std::panic::catch_unwind(|| claim(&input));
            assert!(outcome.is_ok(), "{} no longer holds", path.display());
        }
    }
}

#[test]
fn every_claim_has_its_fuzz_target_and_every_target_its_claim() {
    let names = |folder: &str| -> Vec<String> {
        let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        inputs(&fuzz().join(folder)).iter().map(stem).collect()
    };
    let claims: Vec<&str> = CLAIMS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names("targets"), claims);
    assert_eq!(names("seeds"), claims);
}
