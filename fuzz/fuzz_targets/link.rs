#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("link"), |data: &[u8]| (fuzzing::target("link").run)(data));
