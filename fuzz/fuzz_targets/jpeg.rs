#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("jpeg"), |data: &[u8]| (fuzzing::target("jpeg").run)(data));
