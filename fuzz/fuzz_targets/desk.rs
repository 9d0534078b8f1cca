#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("desk"), |data: &[u8]| (fuzzing::target("desk").run)(data));
