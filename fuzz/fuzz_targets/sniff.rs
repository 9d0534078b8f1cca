#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("sniff"), |data: &[u8]| (fuzzing::target("sniff").run)(data));
