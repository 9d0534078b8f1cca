#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("sent"), |data: &[u8]| (fuzzing::target("sent").run)(data));
