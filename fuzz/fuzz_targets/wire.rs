//! Any bytes are a message or an error; a message written is read again as the same.
#![no_main]
use libfuzzer_sys::fuzz_target;
use quorate_transport::{codec, wire};

fuzz_target!(|bytes: &[u8]| {
    let _ = codec::decode(bytes, 1 << 20);
    if let Ok(message) = wire::decode_message(bytes) {
        assert_eq!(wire::decode_message(&wire::encode_message(&message, false)), Ok(message));
    }
    let _ = wire::decode_request(bytes);
    let _ = wire::decode_reply(bytes);
});
