#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("leaves"), |data: &[u8]| (fuzzing::target("leaves").run)(data));
