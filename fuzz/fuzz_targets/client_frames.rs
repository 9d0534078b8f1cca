#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("client_frames"), |data: &[u8]| (fuzzing::target("client_frames").run)(data));
