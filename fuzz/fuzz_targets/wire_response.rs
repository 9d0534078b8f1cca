#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("wire_response"), |data: &[u8]| (fuzzing::target("wire_response").run)(data));
