#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("cert"), |data: &[u8]| (fuzzing::target("cert").run)(data));
