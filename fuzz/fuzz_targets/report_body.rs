#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("report_body"), |data: &[u8]| (fuzzing::target("report_body").run)(data));
