#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("server"), |data: &[u8]| (fuzzing::target("server").run)(data));
