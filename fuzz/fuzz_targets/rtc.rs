#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| livekit_mock::fuzzing::rtc(data));
