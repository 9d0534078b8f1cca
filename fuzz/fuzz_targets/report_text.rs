#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("report_text"), |data: &[u8]| (fuzzing::target("report_text").run)(data));
