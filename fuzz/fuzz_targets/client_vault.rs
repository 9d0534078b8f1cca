#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("client_vault"), |data: &[u8]| (fuzzing::target("client_vault").run)(data));
