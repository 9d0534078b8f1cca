#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("wire_frame"), |data: &[u8]| (fuzzing::target("wire_frame").run)(data));
