#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("report_file"), |data: &[u8]| (fuzzing::target("report_file").run)(data));
