#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("gif"), |data: &[u8]| (fuzzing::target("gif").run)(data));
