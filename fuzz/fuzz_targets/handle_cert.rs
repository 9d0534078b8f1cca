#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("handle_cert"), |data: &[u8]| (fuzzing::target("handle_cert").run)(data));
