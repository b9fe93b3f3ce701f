//! Hands the fuzzer's bytes to the claim `retry_after`, and does nothing else.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| claims::retry_after(bytes));
