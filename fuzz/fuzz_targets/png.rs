#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("png"), |data: &[u8]| (fuzzing::target("png").run)(data));
