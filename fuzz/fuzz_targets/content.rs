#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("content"), |data: &[u8]| (fuzzing::target("content").run)(data));
