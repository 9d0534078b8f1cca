#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("account_state"), |data: &[u8]| (fuzzing::target("account_state").run)(data));
