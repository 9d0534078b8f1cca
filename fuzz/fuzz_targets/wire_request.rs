#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("wire_request"), |data: &[u8]| (fuzzing::target("wire_request").run)(data));
