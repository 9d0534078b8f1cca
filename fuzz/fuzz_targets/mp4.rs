#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("mp4"), |data: &[u8]| (fuzzing::target("mp4").run)(data));
