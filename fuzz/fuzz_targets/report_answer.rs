#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzing::sow("report_answer"), |data: &[u8]| (fuzzing::target("report_answer").run)(data));
