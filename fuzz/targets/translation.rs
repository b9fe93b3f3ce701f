//! Hands the fuzzer's bytes to the claim `translation`, and does nothing else.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| claims::translation(bytes));
