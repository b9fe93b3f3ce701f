//! Hands the fuzzer's bytes to the claim `body_scan`, and does nothing else.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| claims::body_scan(bytes));
