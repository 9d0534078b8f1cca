#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("client_record"), |data: &[u8]| (fuzzing::target("client_record").run)(data));
