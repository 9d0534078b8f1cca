#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("webp"), |data: &[u8]| (fuzzing::target("webp").run)(data));
