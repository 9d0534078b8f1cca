#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("client_inbox"), |data: &[u8]| (fuzzing::target("client_inbox").run)(data));
