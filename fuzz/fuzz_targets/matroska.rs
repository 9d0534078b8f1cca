#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("matroska"), |data: &[u8]| (fuzzing::target("matroska").run)(data));
