#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("stream"), |data: &[u8]| (fuzzing::target("stream").run)(data));
