//! Hands the fuzzer's bytes to the claim `multipart`, and does nothing else.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| claims::multipart(bytes));
