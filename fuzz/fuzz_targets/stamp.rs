#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("stamp"), |data: &[u8]| (fuzzing::target("stamp").run)(data));
